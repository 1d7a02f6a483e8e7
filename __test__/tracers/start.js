'use strict';

// Loaded by --require or --import: starts the tracer that the environment names.

const { file } = JSON.parse(process.env.TOOL);

module.exports = require(`./tools/${file}`).start();
