'use strict';

// Inside a socket that Node's tls.connect() has made, in Node 20 to 26.

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

/** Node's handshake will not be, and nothing is to wait for it. */
function removeConnectListeners(socket) {
  for (const [event, phrase] of CONNECT_LISTENERS) {
    for (const listener of socket.listeners(event)) {
      const source = Function.prototype.toString.call(listener);
      if (source.includes(phrase)) socket.removeListener(event, listener);
    }
  }
}

module.exports = { connectOptionsOf, removeConnectListeners };
