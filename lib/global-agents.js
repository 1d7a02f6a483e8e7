'use strict';

// oxagent's classes and agents where Node has its own, for a program that knows nothing of them.

const http = require('node:http');
const https = require('node:https');
const { syncBuiltinESMExports } = require('node:module');
// Here Node's own code looks for the class when it makes a global agent (http.setGlobalProxyFromEnv()).
const httpAgent = require('node:_http_agent');

const { Agent } = require('./agent');
const { HttpsAgent } = require('./https-agent');

// `options` are given to both global agents, over those that Node has made its own with.
function installGlobally(options) {
  const globalAgents = [
    [http, new Agent({ ...http.globalAgent.options, ...options })],
    [https, new HttpsAgent({ ...https.globalAgent.options, ...options })],
  ];
  for (const [module, agent] of globalAgents) module.globalAgent = agent;
  http.Agent = Agent;
  httpAgent.Agent = Agent;
  https.Agent = HttpsAgent;
  // What `import { Agent, globalAgent } from 'node:http'` gives is a copy, made anew by this.
  syncBuiltinESMExports();
}

module.exports = { installGlobally };
