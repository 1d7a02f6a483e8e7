'use strict';

// The rows of the tables: who is compared. Each loads its library only when asked to, in the
// process of its own client.
//   load(scenario)  { version, connect(target), bridgeCalls() }, the last of which tells what was
//                   counted by ./bridge-calls.js; throws when the library is not to be had
//   secure          false when the row is for http alone, true when for https alone
//   at              the only numbers at once where the row is run (all, when absent)
//   scenarios       the only scenarios where it is run (all, when absent)
//   reconnects      true when a connection for each request is what the row is about
//   modes           the values of OXAGENT_IO that it may be run with: see findRow()
//   env             what is added to the environment of its client

const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const { countBridgeCalls } = require('./bridge-calls');
const { installedVersion } = require('./install');
const { connectFloor } = require('./drivers/floor');
const { connectAgent } = require('./drivers/http-request');

// The same for everybody: as many connections as requests at once, none of them dropped for being
// idle for a moment; or, where each request has a connection of its own, no session
// resumed either.
function optionsFor({ at, scenario, ca, insecure }) {
  const options = scenario.fresh
    ? // No maxSockets: with a finite one, Node keeps connections for the requests that queue.
      { keepAlive: false, maxCachedSessions: 0 }
    : { keepAlive: true, maxSockets: at, maxFreeSockets: at };
  if (!scenario.secure) return options;
  const trust = insecure ? { rejectUnauthorized: false } : { ca };
  return { ...options, ...trust, servername: 'localhost' };
}

const loadOxagent = () => loadOurs('index.js');
const loadAddon = () => loadOurs('lib/bridge/native.js');

function loadOurs(file) {
  try {
    return require(path.join(path.dirname(__dirname), file));
  } catch (error) {
    throw new Error(
      `it does not load; 'npm run build' builds it (${error.message.split('\n')[0]})`,
    );
  }
}

function connecting(Class, more) {
  return (target) => connectAgent(new Class({ ...optionsFor(target), ...more }), target);
}

const rows = [
  {
    name: 'oxagent',
    modes: ['auto', 'thread', 'loop'],
    load({ secure, crossings }) {
      const bridgeCalls = crossings ? countBridgeCalls(loadAddon()) : undefined;
      const { Agent, HttpsAgent } = loadOxagent();
      return {
        bridgeCalls,
        version: require('../package.json').version,
        connect: connecting(secure ? HttpsAgent : Agent),
      };
    },
  },
  {
    name: 'http.Agent',
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
  {
    name: 'floor',
    secure: false,
    scenarios: ['floor'],
    load: () => ({ version: process.version, connect: connectFloor }),
  },
];

// The row of a name, undefined where there is none. 'oxagent:loop' is oxagent with OXAGENT_IO=loop:
// a row of its own, so that one run can compare several.
function findRow(text) {
  const [name, mode] = text.trim().toLowerCase().split(':');
  const row = rows.find((candidate) => candidate.name.toLowerCase() === name);
  if (mode === undefined || row === undefined) return row;
  if (!row.modes?.includes(mode)) return undefined;
  return { ...row, name: `${row.name}:${mode}`, env: { OXAGENT_IO: mode } };
}

module.exports = { findRow, rows };
