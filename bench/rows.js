'use strict';

// The rows of the tables: who is compared. Each loads its library only when asked to, in the
// process of its own client.
//   load()      { version, connect(target) }; throws when the library is not to be had
//   at          the only numbers at once where the row is run (all, when absent)
//   scenarios   the only scenarios where it is run (all, when absent)
//   reconnects  true when a connection for each request is what the row is about

const http = require('node:http');
const path = require('node:path');

const { installedVersion } = require('./install');
const { connectAgent } = require('./drivers/http-request');

// The same limits for everybody: as many connections as requests at once, none of them dropped for
// being idle for a moment.
function limits({ at }) {
  return { keepAlive: true, maxSockets: at, maxFreeSockets: at };
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

module.exports = [
  {
    name: 'oxagent',
    load() {
      const { Agent } = loadOxagent();
      return {
        version: require('../package.json').version,
        connect: (target) => connectAgent(new Agent(limits(target)), target),
      };
    },
  },
  {
    name: 'http.Agent',
    load: () => ({
      version: process.version,
      connect: (target) => connectAgent(new http.Agent(limits(target)), target),
    }),
  },
  {
    name: 'http.Agent no keepAlive',
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
    name: 'agentkeepalive',
    load() {
      const AgentKeepAlive = require('agentkeepalive');
      return {
        version: installedVersion('agentkeepalive'),
        connect: (target) => connectAgent(new AgentKeepAlive(limits(target)), target),
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
