'use strict';

// The same over TLS (see ./take-over.js): Node's tls.connect() makes and connects the socket, and
// rustls does the handshake over its connection.

const tls = require('node:tls');

const { command } = require('../bridge/commands');
const { Op } = require('../bridge/protocol');
const { kConn } = require('../connection');
const errors = require('../errors');
const { Cause } = require('../node-causes');
const { nextTick } = require('../originals');
const { initHandshake } = require('../tls-handshake');
const { TlsSocket } = require('../tls-socket');
const { connectOptionsOf, removeConnectListeners } = require('./nodes-tls-socket');
const { awaitConnected, takeOver } = require('./take-over');

// What a plan for TLS does not depend on. Whoever sends a connection elsewhere by these gets it
// there.
const CONNECTION_OPTIONS = new Set([
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
 * Makes a TLS socket of Node's, which `options` were given for, ours when it has connected. False
 * where it never will be. `onLeft` is called where it stays as it is.
 */
function takeOverSecure(socket, options, plan, secure, onLeft) {
  const isAwaited = awaitConnected(socket, tls.TLSSocket, (connected, handle, maker) => {
    const isOurs =
      handle !== null &&
      isUntouched(options, connectOptionsOf(connected), secure) &&
      takeOver(connected, handle, plan, maker, {
        Ours: TlsSocket,
        type: 'TLSWRAP',
        secure,
        init: (taken) => initHandshake(taken, secure),
      });
    if (isOurs) {
      removeConnectListeners(connected);
      proceed(connected);
    } else if (!secure.mayFallBack) {
      connected.destroy(errors.notServedByRustls(Cause.REPLACED));
    } else {
      onLeft();
    }
  });
  if (!isAwaited && secure.mayFallBack) onLeft();
  return isAwaited;
}

// Whether Node's TLS was given what the plan was made of: whoever stands in the place of
// tls.connect() may trust somebody else, or want more.
function isUntouched(options, given, secure) {
  if (given === undefined) return false;
  const names = new Set([...Object.keys(options), ...Object.keys(given)]);
  for (const name of names) {
    if (CONNECTION_OPTIONS.has(name) || given[name] === options[name]) continue;
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
