'use strict';

// A TLS socket goes on over one of Node's, where the handshake has shown that OpenSSL alone may
// serve the server, or judge it. Nothing has been sent but the handshake; the server sees a second
// connection.

const tls = require('node:tls');

const { Op, command, flush } = require('./bridge/commands');
const { NO_CONNECTION, kConn, kParked, kScope, setHolding } = require('./connection');
const { changeCarrier } = require('./slot');
const { kFallback, kSecure, releaseHeld } = require('./tls-handshake');
const { remember } = require('./tls/node-origins');

// What the socket watches itself.
const OWN_OPTIONS = { session: undefined, signal: undefined, timeout: undefined };

// `error` is rustls's, for when Node's TLS does not even connect.
function fallBack(socket, error) {
  const { plan, options } = socket[kSecure];
  command(Op.CLOSE, socket[kConn]);
  flush();
  socket[kConn] = NO_CONNECTION;
  changeCarrier(socket);
  setHolding(socket, false);

  const inner = tls.connect({ ...options, ...OWN_OPTIONS });
  socket[kFallback] = inner;
  let connected = false;
  const on = (event, listener) => {
    inner.on(event, (...args) => socket[kScope].runInAsyncScope(listener, socket, ...args));
  };
  on('connect', () => {
    connected = true;
    socket._peername = inner._getpeername();
    socket._sockname = inner._getsockname();
  });
  const copyVerdict = () => {
    for (const name of ['authorized', 'authorizationError', 'alpnProtocol', 'servername']) {
      socket[name] = inner[name];
    }
  };
  on('secureConnect', () => {
    remember(plan, options);
    copyVerdict();
    socket.secureConnecting = false;
    socket.emit('secureConnect');
  });
  for (const event of ['keylog', 'session', 'OCSPResponse', 'secure']) {
    on(event, (...args) => socket.emit(event, ...args));
  }
  on('data', (chunk) => {
    if (socket[kParked]) {
      socket.destroy();
      return;
    }
    socket._unrefTimer();
    if (!socket.push(chunk)) inner.pause();
  });
  on('end', () => {
    if (socket[kParked]) {
      socket.destroy();
      return;
    }
    socket.push(null);
    socket.read(0);
  });
  on('error', (err) => {
    copyVerdict();
    socket.destroy(connected || !error ? err : error);
  });
  on('close', () => socket.destroy());
  releaseHeld(socket);
}

// --- What the socket does over it ----------------------------------------------------------------

function writeOver(inner, { several, data, encoding }, callback) {
  if (!several) {
    inner.write(data, encoding, callback);
    return;
  }
  inner.cork();
  for (const part of data.slice(0, -1)) inner.write(part.chunk, part.encoding);
  const last = data.at(-1);
  inner.write(last.chunk, last.encoding, callback);
  inner.uncork();
}

function destroyOver(socket, inner, error, callback) {
  socket.connecting = false;
  inner.destroy();
  callback(error);
  const close = () => {
    socket[kScope].runInAsyncScope(() => socket.emit('close', Boolean(error)));
  };
  if (inner.closed) setImmediate(close);
  else inner.once('close', close);
}

module.exports = { destroyOver, fallBack, writeOver };
