'use strict';

const { Agent } = require('./lib/agent');
const { HttpsAgent } = require('./lib/https-agent');

module.exports = { Agent, HttpAgent: Agent, HttpsAgent };
