'use strict';

// Who carries a connection of oxagent's, and how it is made to change hands.

const { setTimeout: sleep } = require('node:timers/promises');
const { native } = require('../../lib/bridge/addon');
const { connectionOf } = require('../../lib/connection/connection');

/** 'thread' or 'loop'; null while it is on its way. */
function carrierOf(socket) {
  return native.carrier(connectionOf(socket)) ?? null;
}

/** Has it carried by the event loop, or by the I/O thread: from the next moment on, or never. */
function carry(socket, byEventLoop) {
  const conn = connectionOf(socket);
  // Node's own sockets, and those that are closed, have none.
  if (conn >= 0) native.carry(conn, byEventLoop);
}

/** Has the writer send for the event loop, or not; undefined: as the load is. */
function writeAside(isAside) {
  native.writeAside(isAside);
}

/** Waits until it is on its way no more. */
async function untilCarried(socket) {
  while (carrierOf(socket) === null) await sleep(1);
}

module.exports = { carrierOf, carry, untilCarried, writeAside };
