'use strict';

// Where programs and Node's own code find the classes of agents and the global agents.

const http = require('node:http');
const https = require('node:https');
// Where Node's own code looks for them; http.globalAgent only leads here.
const httpAgent = require('node:_http_agent');

// Reads them as long as they are there.
require('./agents');

const PLACES = [
  [http, 'Agent'],
  [https, 'Agent'],
  [https, 'globalAgent'],
  [httpAgent, 'Agent'],
  [httpAgent, 'globalAgent'],
];

/** These classes are where Node's were. */
function putClasses(Agent, HttpsAgent) {
  http.Agent = Agent;
  httpAgent.Agent = Agent;
  https.Agent = HttpsAgent;
}

module.exports = { PLACES, putClasses };
