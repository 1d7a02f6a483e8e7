'use strict';

// The same over TLS (see ./take-over.js): Node's tls.connect() makes and connects the socket, and
// rustls does the handshake over its connection.

const tls = require('node:tls');

const { command } = require('../bridge/commands');
const { Op } = require('../bridge/protocol');
const { kConn } = require('../connection/connection');
const { Cause } = require('../errors/node-causes');
const errors = require('../errors/node-errors');
const { nextTick } = require('../node/originals');
const { connectListenersOf, connectOptionsOf } = require('../node/tls-socket');
const { initHandshake } = require('../tls-socket/handshake');
const { TlsSocket } = require('../tls-socket/tls-socket');
const { awaitConnected, takeOver } = require('./take-over');

// The agent's own, of which Node's TLS knows nothing.
const AGENTS_OPTIONS = new Set(['_agentKey']);

// What a plan for TLS does not depend on. Whoever sends a connection elsewhere by these gets it
// there.
const CONNECTION_OPTIONS = new Set([
  ...AGENTS_OPTIONS,
  'allowHalfOpen',
  'autoSelectFamily',
  'autoSelectFamilyAttemptTimeout',
  'blockList',
  'family',
  'hints',
  'keepAlive',
  'keepAliveInitialDelay',
  'localAddress',
  'localPort',
  'lookup',
  'noDelay',
  'path',
  'port',
  'signal',
  'timeout',
]);

// What tls.connect() adds where it is not given.
const ADDED = {
  checkServerIdentity: (value) => value === tls.checkServerIdentity,
  ciphers: (value) => value === tls.DEFAULT_CIPHERS,
  minDHSize: () => true,
};

// What it makes another value of.
const CHANGED = {
  rejectUnauthorized: (value, { plan }) => value === plan.rejectUnauthorized,
  session: () => true,
  singleUse: () => true,
};

/**
 * Makes a TLS socket of Node's, which a copy of `options` was given for, ours when it has connected.
 * False where it never will be. `mayBeElsewhere`: also one that was sent elsewhere. `onLeft` is
 * called where a replacement keeps it as it is.
 */
function takeOverSecure(socket, options, plan, secure, mayBeElsewhere, onLeft) {
  const passed = mayBeElsewhere ? CONNECTION_OPTIONS : AGENTS_OPTIONS;
  const isAwaited = awaitConnected(socket, tls.TLSSocket, (connected, handle, maker) => {
    const listeners = connectListenersOf(connected);
    const isUntouched =
      listeners !== null && isSame(options, connectOptionsOf(connected), passed, secure);
    const isOurs =
      isUntouched &&
      Boolean(handle) &&
      takeOver(connected, handle, plan, maker, {
        Ours: TlsSocket,
        type: 'TLSWRAP',
        secure,
        init: (taken) => initHandshake(taken, secure),
      });
    if (isOurs) {
      // Node's handshake will not be, and nothing is to wait for it.
      for (const [event, listener] of listeners) connected.removeListener(event, listener);
      proceed(connected);
    } else if (!secure.mayFallBack) {
      connected.destroy(errors.notServedByRustls(Cause.REPLACED));
    } else if (!isUntouched || handle === null) {
      onLeft();
    }
  });
  if (!isAwaited && secure.mayFallBack) onLeft();
  return isAwaited;
}

// Whether Node's TLS was given what the plan was made of: whoever stands in the place of
// tls.connect() may trust somebody else, or want more.
function isSame(options, given, passed, secure) {
  if (given === undefined) return false;
  const names = new Set([...Object.keys(options), ...Object.keys(given)]);
  for (const name of names) {
    if (passed.has(name) || given[name] === options[name]) continue;
    const isNodes = CHANGED[name] ?? (Object.hasOwn(options, name) ? undefined : ADDED[name]);
    if (!isNodes?.(given[name], secure)) return false;
  }
  return true;
}

// The handshake begins behind those who listen for 'connect', and may judge the address.
function proceed(socket) {
  const conn = socket[kConn];
  nextTick(() => {
    if (socket[kConn] === conn) command(Op.PROCEED, conn);
  });
}

module.exports = { takeOverSecure };
