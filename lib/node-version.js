'use strict';

// The line of Node that runs, for what its lines do differently.
const nodeMajor = Number(process.versions.node.split('.')[0]);

module.exports = { nodeMajor };
