'use strict';

// Inside a socket of Node's TLS, in Node 20 to 26, and what one of ours shows as it does.

const CONNECT_OPTIONS = 'connect-options';

// Node's own listeners for its handshake, by a phrase of their source.
const CONNECT_LISTENERS = [
  ['secure', 'kConnectOptions'],
  ['end', 'kConnectOptions'],
  ['newListener', 'enableKeylogCallback'],
  ['newListener', 'enableSessionCallbacks'],
];

/** The options with which tls.connect() has made the socket; undefined where it has not. */
function connectOptionsOf(socket) {
  const key = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === CONNECT_OPTIONS,
  );
  return key && socket[key];
}

/**
 * Node's own listeners for the handshake, [event, listener] of each; null where those that always
 * are there cannot be found.
 */
function connectListenersOf(socket) {
  const found = [];
  for (const [event, phrase] of CONNECT_LISTENERS) {
    for (const listener of socket.listeners(event)) {
      const source = Function.prototype.toString.call(listener);
      if (source.includes(phrase)) found.push([event, listener]);
    }
  }
  const isThere = (event) => found.some(([one]) => one === event);
  return isThere('secure') && isThere('end') ? found : null;
}

/** What Node's TLS keeps on a socket of its own, and tools look at; no secret is among it. */
function initSecureFields(socket, rejectUnauthorized) {
  socket._tlsOptions = { isServer: false, requestCert: true, rejectUnauthorized };
  socket._secureEstablished = false;
  socket._securePending = false;
  socket._newSessionPending = false;
  socket._controlReleased = true;
  socket._SNICallback = null;
  socket._requestCert = true;
  socket._rejectUnauthorized = rejectUnauthorized;
}

/** The handshake is done. */
function markEstablished(socket) {
  socket._secureEstablished = true;
}

function copyEstablished(socket, other) {
  socket._secureEstablished = other._secureEstablished;
}

/** Begins the handshake of a client that was made by its class alone, as tls.connect() does. */
function startHandshake(client, servername) {
  client._releaseControl();
  if (servername) client.setServername(servername);
  client._start();
}

/** Tools that look for what keeps the process alive know of handles until they are collected. */
function hideHandles(client) {
  const handle = client._handle;
  const hasRef = () => false;
  if (handle) handle.hasRef = hasRef;
  // That of the Duplex below.
  if (handle?._parent) handle._parent.hasRef = hasRef;
}

module.exports = {
  connectListenersOf,
  connectOptionsOf,
  copyEstablished,
  hideHandles,
  initSecureFields,
  markEstablished,
  startHandshake,
};
