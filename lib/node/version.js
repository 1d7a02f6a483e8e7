'use strict';

// The line of Node that runs, for what its lines do differently.
const process = require('node:process');

const nodeMajor = Number(process.versions.node.split('.')[0]);

module.exports = { nodeMajor };
