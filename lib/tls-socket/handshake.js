'use strict';

// A TLS socket's way through its handshake, whichever TLS does it.

const { Buffer } = require('node:buffer');

const { native } = require('../bridge/addon');
const { kConn } = require('../connection/connection');
const { kWriteCallback } = require('../connection/in-flight');
const { Hidden } = require('../errors/hidden');
const { initSecureFields } = require('../node/tls-socket');
const { sessionName } = require('../tls/judges');
const { peerCertificates } = require('../tls/peer-certificate');
const { idOfToken, makeToken, tellsProgram } = require('../tls/session-token');

// How TLS is to be done, what the handshake has settled, the server's certificates, the session
// (its token, or its id until somebody asks), what waits for the handshake, and the socket of
// Node's that has taken over.
const kSecure = Symbol('secure');
const kFacts = Symbol('facts');
const kPeer = Symbol('peer');
const kSession = Symbol('session');
const kHeldWrite = Symbol('heldWrite');
const kFallback = Symbol('fallback');

const SETTLED = [
  kSecure,
  kFacts,
  kPeer,
  kSession,
  'authorized',
  'authorizationError',
  'servername',
  'alpnProtocol',
];

function initHandshake(socket, secure) {
  const { rejectUnauthorized } = secure.plan;
  initSecureFields(socket, rejectUnauthorized);
  socket.server = undefined;
  socket.encrypted = true;
  socket.secureConnecting = true;
  socket.authorized = false;
  socket.authorizationError = null;
  socket.servername = null;
  socket.alpnProtocol = null;
  socket.ssl = null;
  // A passphrase and a key may be among the options.
  socket[kSecure] = new Hidden(secure);
  socket[kFacts] = null;
  socket[kPeer] = null;
  socket[kSession] = undefined;
  socket[kHeldWrite] = null;
  socket[kFallback] = null;
}

// What the handshake of another socket has settled, whose connection this one takes over.
function adoptHandshake(socket, inner) {
  for (const key of SETTLED) socket[key] = inner[key];
}

function secureOf(socket) {
  return socket[kSecure].reveal();
}

// The server's certificates, fetched only when somebody asks: most programs never do.
function peerOf(socket) {
  const conn = socket[kConn];
  socket[kPeer] ??= peerCertificates(
    native.chainId(conn),
    secureOf(socket).plan.context.roots,
    () => native.certificates(conn),
  );
  return socket[kPeer];
}

// The sessions of this id are the connection's. No token is made before somebody asks for one.
function setSession(socket, id) {
  const token = socket[kSession];
  if (!Buffer.isBuffer(token) || idOfToken(token) !== id) socket[kSession] = id;
}

// The token, or undefined. A server that was accepted although nobody vouches for it stays that
// when it is met again.
function sessionOf(socket) {
  const session = socket[kSession];
  if (typeof session === 'number') {
    const name = sessionName(secureOf(socket).plan);
    const held = native.session(socket[kConn]);
    socket[kSession] = makeToken(name, session, socket.authorizationError ?? '', held);
  }
  return socket[kSession];
}

// The same, for the program.
function giveSession(socket) {
  const token = sessionOf(socket);
  if (token) secureOf(socket).given.add(token);
  return token;
}

// Tells of the session, `count` times: a function for each.
function sessionEvents(socket, count) {
  if (socket.listenerCount('session') === 0) return [];
  const token = tellsProgram(socket) ? giveSession(socket) : sessionOf(socket);
  return Array.from({ length: count }, () => () => socket.emit('session', token));
}

// What is written within the handshake waits: a listener of 'secureConnect' that dislikes the
// server's certificate can still keep the request from it.
function holdWrite(socket, write, callback) {
  socket[kHeldWrite] = write;
  socket[kWriteCallback] = callback;
}

function releaseHeld(socket) {
  const write = socket[kHeldWrite];
  socket[kHeldWrite] = null;
  if (!write || socket.destroyed) return;
  const callback = socket[kWriteCallback];
  socket[kWriteCallback] = null;
  socket._writeGeneric(write.several, write.data, write.encoding, callback);
}

module.exports = {
  adoptHandshake,
  giveSession,
  holdWrite,
  initHandshake,
  kFacts,
  kFallback,
  kSession,
  peerOf,
  releaseHeld,
  secureOf,
  sessionEvents,
  setSession,
};
