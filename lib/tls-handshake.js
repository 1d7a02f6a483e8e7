'use strict';

// A TLS socket's way through its handshake, whichever TLS does it.

const { kWriteCallback } = require('./socket-events');

// How TLS is to be done, what the handshake has settled, the server's certificates, the token of
// the session, what waits for the handshake, and the socket of Node's that has taken over.
const kSecure = Symbol('secure');
const kFacts = Symbol('facts');
const kPeer = Symbol('peer');
const kSession = Symbol('session');
const kHeldWrite = Symbol('heldWrite');
const kHeldFinal = Symbol('heldFinal');
const kFallback = Symbol('fallback');

function initHandshake(socket, secure) {
  socket.encrypted = true;
  socket.secureConnecting = true;
  socket.authorized = false;
  socket.authorizationError = null;
  socket.servername = null;
  socket.alpnProtocol = null;
  socket.ssl = null;
  socket[kSecure] = secure;
  socket[kFacts] = null;
  socket[kPeer] = null;
  socket[kSession] = undefined;
  socket[kHeldWrite] = null;
  socket[kHeldFinal] = null;
  socket[kFallback] = null;
}

// What is written within the handshake waits: a listener of 'secureConnect' that dislikes the
// server's certificate can still keep the request from it.
function holdWrite(socket, write, callback) {
  socket[kHeldWrite] = write;
  socket[kWriteCallback] = callback;
}

function releaseHeld(socket) {
  const write = socket[kHeldWrite];
  const final = socket[kHeldFinal];
  socket[kHeldWrite] = socket[kHeldFinal] = null;
  if (write && !socket.destroyed) {
    const callback = socket[kWriteCallback];
    socket[kWriteCallback] = null;
    socket._writeGeneric(write.several, write.data, write.encoding, callback);
  }
  if (final) socket._final(final);
}

module.exports = {
  holdWrite,
  initHandshake,
  kFacts,
  kFallback,
  kHeldFinal,
  kPeer,
  kSecure,
  kSession,
  releaseHeld,
};
