'use strict';

// Loaded by --require or --import: starts the tracer that the environment names.

const { TRACER } = process.env;

module.exports = require(`./tools/${TRACER}`).start();
