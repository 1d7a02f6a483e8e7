'use strict';

// First, before a program replaces any of it.
require('./lib/node/originals');

const { Agent } = require('./lib/agent');
const { HttpsAgent } = require('./lib/https-agent');

module.exports = { Agent, HttpAgent: Agent, HttpsAgent };
