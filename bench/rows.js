'use strict';

// The rows of the tables: who is compared. Each loads its library only when asked to, in the
// process of its own client.
//   load(scenario)  { version, connect(target) }; throws when the library is not to be had
//   baseline        true for the row that the others are compared with: one for http, one for https
//   secure          false when the row is for http alone, true when for https alone
//   at              the only numbers at once where the row is run (all, when absent)
//   scenarios       the only scenarios where it is run (all, when absent)
//   reconnects      true when a connection for each request is what the row is about

const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const { installedVersion } = require('./install');
const { connectAgent } = require('./drivers/http-request');

// The same for everybody: as many connections as requests at once, none of them dropped for being
// idle for a moment; or, where each request has a connection of its own, no session
// resumed either.
function optionsFor({ at, scenario, ca }) {
  const options = scenario.fresh
    ? // No maxSockets: with a finite one, Node keeps connections for the requests that queue.
      { keepAlive: false, maxCachedSessions: 0 }
    : { keepAlive: true, maxSockets: at, maxFreeSockets: at };
  return scenario.secure ? { ...options, ca, servername: 'localhost' } : options;
}

function loadOxagent() {
  const root = path.dirname(__dirname);
  try {
    return require(root);
  } catch (error) {
    throw new Error(
      `it does not load; 'npm run build' builds it (${error.message.split('\n')[0]})`,
    );
  }
}

function connecting(Class, more) {
  return (target) => connectAgent(new Class({ ...optionsFor(target), ...more }), target);
}

module.exports = [
  {
    name: 'oxagent',
    load({ secure }) {
      const { Agent, HttpsAgent } = loadOxagent();
      return {
        version: require('../package.json').version,
        connect: connecting(secure ? HttpsAgent : Agent),
      };
    },
  },
  {
    name: 'http.Agent',
    baseline: true,
    secure: false,
    load: () => ({ version: process.version, connect: connecting(http.Agent) }),
  },
  {
    name: 'http.Agent no keepAlive',
    secure: false,
    at: [10, 100],
    scenarios: ['http'],
    reconnects: true,
    load: () => ({
      version: process.version,
      // No maxSockets: with a finite one, Node keeps connections for the requests that queue.
      connect: (target) => connectAgent(new http.Agent({ keepAlive: false }), target),
    }),
  },
  {
    name: 'https.Agent',
    baseline: true,
    secure: true,
    load: () => ({ version: process.version, connect: connecting(https.Agent) }),
  },
  {
    name: 'agentkeepalive',
    load({ secure }) {
      const AgentKeepAlive = require('agentkeepalive');
      return {
        version: installedVersion('agentkeepalive'),
        // Its own default drops a connection that has been idle for 4 s.
        connect: connecting(secure ? AgentKeepAlive.HttpsAgent : AgentKeepAlive, {
          freeSocketTimeout: 60_000,
        }),
      };
    },
  },
  {
    name: 'undici Pool',
    load() {
      const version = installedVersion('undici');
      try {
        const { connectPool } = require('./drivers/undici-pool');
        return { version, connect: connectPool };
      } catch (error) {
        // It is for newer Nodes than ours are, and says so only by what it fails of.
        throw new Error(
          `undici ${version} does not load on Node ${process.version}: ${error.message}`,
        );
      }
    },
  },
];
