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

module.exports = { connectListenersOf, connectOptionsOf };
