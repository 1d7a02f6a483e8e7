'use strict';

// Sockets of Node's that become ours when they have connected (see ../under-node/take-over.js).

const { isOurs } = require('./connection');

// What is to be done with each once it is ours.
const awaited = new WeakMap();

function begin(socket) {
  awaited.set(socket, []);
}

/** It is ours by now, or never will be. */
function conclude(socket) {
  const acts = awaited.get(socket);
  awaited.delete(socket);
  if (isOurs(socket)) for (const act of acts) act();
}

function mayBecomeOurs(socket) {
  return awaited.has(socket);
}

/** Acts as soon as the socket is ours, if ever. */
function whenOurs(socket, act) {
  if (isOurs(socket)) act();
  else awaited.get(socket)?.push(act);
}

module.exports = { begin, conclude, mayBecomeOurs, whenOurs };
