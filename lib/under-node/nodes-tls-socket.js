'use strict';

// Inside a socket that Node's tls.connect() has made, in Node 20 to 26.

// What Node's handshake is told by, and the names of Node's own listeners for it.
const CONNECT_OPTIONS = 'connect-options';
const CONNECT_LISTENERS = [
  ['secure', 'onConnectSecure'],
  ['end', 'onConnectEnd'],
  ['newListener', 'keylogNewListener'],
  ['newListener', 'newListener'],
];

/** The options with which tls.connect() has made the socket; undefined where it has not. */
function connectOptionsOf(socket) {
  const key = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === CONNECT_OPTIONS,
  );
  return key && socket[key];
}

/** Node's handshake will not be, and nothing is to wait for it. */
function removeConnectListeners(socket) {
  for (const [event, name] of CONNECT_LISTENERS) {
    for (const listener of socket.listeners(event)) {
      if (listener.name === name) socket.removeListener(event, listener);
    }
  }
}

module.exports = { connectOptionsOf, removeConnectListeners };
