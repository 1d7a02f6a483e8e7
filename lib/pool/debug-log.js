'use strict';

// What Node's agents tell who sets NODE_DEBUG to http or https, but for secrets. Each log is null
// where it is off, which is settled when the process starts: `debug?.(...)` costs nothing then.

const { debuglog } = require('node:util');

const { tellsOpening, tellsProxy } = require('../node/version');
const { Part, kPool } = require('./pool');

// Node has them in names and options.
const SECRETS = ['key', 'passphrase', 'pfx', 'session'];

function logOf(section) {
  const log = debuglog(section);
  return log.enabled ? log : null;
}

const debug = logOf('http');
const debugSecure = logOf('https');

function shownOptions(options) {
  const shown = { __proto__: null, ...options, agent: undefined, _agentKey: undefined };
  for (const key of SECRETS) if (shown[key]) shown[key] = '(hidden)';
  return shown;
}

function shownName(agent, options) {
  return agent.getName(shownOptions(options));
}

// Nothing goes by a proxy here; how Node says so is its own in each log.
function tellDirect(log, scheme, { host, port }, none) {
  if (tellsProxy) log(`${scheme} createConnection should use proxy for ${host}:${port}:`, none);
}

// A request is given a new connection, or in vain: with `failed`.
function tellOpening(agent, name, failed) {
  if (failed === tellsOpening) return;
  const pool = agent[kPool];
  const idle = pool.countIn(Part.IDLE, name);
  debug('call onSocket', Math.max(0, pool.countIn(Part.ACTIVE, name) + idle - 1), idle);
}

// The connection is the pool's.
function tellOpened(agent, name, options) {
  const active = agent[kPool].countIn(Part.ACTIVE, name);
  debug('sockets', shownName(agent, options), active, agent.totalSocketCount);
}

// A socket leaves; where its place is free by that, for whom.
function tellRemoved(agent, socket, options, frees) {
  debug('removeSocket', shownName(agent, options), 'writable:', socket.writable);
  if (!frees) return;
  const pool = agent[kPool];
  if (pool.hasIn(Part.WAITING, agent.getName(options))) {
    debug('removeSocket, have a request, make a socket');
    return;
  }
  const [other] = pool.namesIn(Part.WAITING);
  if (other !== undefined && !pool.hasIn(Part.ACTIVE, other)) {
    debug('removeSocket, have a request with different origin, make a socket');
  }
}

module.exports = {
  debug,
  debugSecure,
  shownName,
  shownOptions,
  tellDirect,
  tellOpened,
  tellOpening,
  tellRemoved,
};
