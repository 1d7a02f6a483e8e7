'use strict';

// Loaded by --require: loads the mock that the environment names.

const { file, args = [] } = JSON.parse(process.env.TOOL);

module.exports = require(`./mocks/${file}`).load(...args);
