'use strict';

const { Agent } = require('./lib/agent');

module.exports = { Agent, HttpAgent: Agent };
