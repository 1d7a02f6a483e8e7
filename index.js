'use strict';

// First, before a program replaces any of it.
require('./lib/node/originals');

const { Agent } = require('./lib/agent/agent');
const { HttpsAgent } = require('./lib/agent/https-agent');

module.exports = { Agent, HttpAgent: Agent, HttpsAgent };
