'use strict';

// A TLS socket goes on over one of Node's, where the handshake has shown that OpenSSL alone may
// serve the server, or judge it. Nothing has been sent but the handshake; the server sees a second
// connection.

const tls = require('node:tls');

const { handOver } = require('../bridge/events');
const {
  giveUp,
  isOurs,
  kConn,
  kParked,
  kRefed,
  kScope,
  setHolding,
} = require('../connection/connection');
const { sameAddress } = require('../connection/lookup');
const { optionsOf } = require('../connection/options');
const { closeScope } = require('../connection/scope');
const { tellNodeTransport } = require('../connection/transport-warning');
const { Cause } = require('../errors/node-causes');
const { nextTick, setImmediate } = require('../node/originals');
const { failsWritesFirst } = require('../node/runtime');
const { markFailed } = require('../node/socket-fields');
const { copyEstablished } = require('../node/tls-socket');
const { changeCarrier } = require('../pool/slot');
const { kFinalCallback } = require('../socket/events');
const { countReplay, kReplayLeft, sendAgain, takeExchange } = require('../socket/replay');
const { isRemembered, remember, rememberGone } = require('../tls/node-origins');
const { kFallback, releaseHeld, secureOf } = require('./handshake');

// What the socket watches itself; and when to end is for it to say, as it may hold what its reader
// has yet to take.
const OWN_OPTIONS = {
  allowHalfOpen: true,
  session: undefined,
  signal: undefined,
  timeout: undefined,
};

// OpenSSL tells of these only while somebody listens.
const ON_DEMAND = ['keylog', 'session'];

// `error` is rustls's, for when Node's TLS does not even connect. `byChance`: it may say nothing of
// what the server needs.
function fallBack(socket, error, byChance = false) {
  const { plan, options } = secureOf(socket);
  let inner;
  try {
    inner = tls.connect({
      ...options,
      ...OWN_OPTIONS,
      // The server is the one that has answered, of which filters of addresses have heard.
      ...sameAddress(socket),
      ...currentOptions(socket),
      ...identityCheck(socket, options),
    });
  } catch (err) {
    socket.destroy(err);
    return;
  }
  moveTo(socket, inner);
  const on = (event, listener) => listen(socket, inner, event, listener);
  let connected = false;
  on('connect', () => {
    connected = true;
  });
  on('secureConnect', () => {
    if (byChance) rememberGone(plan, options);
    else remember(plan, options);
    tellServer(socket);
    copyVerdict(socket, inner);
    socket.secureConnecting = false;
    socket.emit('secureConnect');
  });
  const forward = (event) => on(event, (...args) => socket.emit(event, ...args));
  for (const event of ON_DEMAND) onceHeard(socket, event, forward);
  forward('secure');
  carry(socket, inner);
  on('error', (err) => {
    copyVerdict(socket, inner);
    const isEnd = inner.readableEnded && socket.secureConnecting && !socket.readableEnded;
    if (isEnd) failAtEnd(socket, err);
    else socket.destroy(connected || !error ? err : error);
  });
  const goOn = () => {
    releaseHeld(socket);
    endHeld(socket, inner);
  };
  if (failsWritesFirst) inner.once('secureConnect', goOn);
  else goOn();
}

// The server is one that only Node's TLS can serve, now that it is known.
function tellServer(socket) {
  const { plan, options, warns } = secureOf(socket);
  if (warns && isRemembered(plan, options)) tellNodeTransport(Cause.SERVER, options);
}

// The stream ends as any other, and that is the error; Node's client makes none of its own then.
function failAtEnd(socket, error) {
  socket.prependOnceListener('end', () => {
    markFailed(socket);
    socket.destroy(error);
  });
}

// The server of TLS 1.2 asks for a new handshake: what was sent is sent again over Node's TLS,
// where that may be.
function replayByNode(socket) {
  tellServer(socket);
  const exchange = socket[kReplayLeft] > 0 ? takeExchange(socket, false) : null;
  if (exchange === null) return;
  if (socket.destroyed || isOurs(exchange.inner)) exchange.inner.destroy();
  else replayOver(socket, exchange, () => socket.destroy());
}

// The program has seen its socket connect, and sees it no second time. `surface` does what would
// have been done otherwise.
function replayOver(socket, { req, inner, held, known }, surface) {
  moveTo(socket, inner);
  countReplay(socket, req);
  const on = (event, listener) => listen(socket, inner, event, listener);
  let isAccepted = false;
  onceHeard(socket, 'keylog', (event) => on(event, (line) => socket.emit(event, line)));
  on('secureConnect', () => {
    const { raw } = inner.getPeerCertificate();
    // A program that judges each new server has not seen another one.
    if (!known || !raw?.equals(known)) {
      inner.destroy();
      return;
    }
    isAccepted = true;
    copyVerdict(socket, inner);
    sendAgain(socket, held, (write, callback) => writeOver(inner, write, callback));
  });
  on('close', () => {
    if (!isAccepted && !socket.destroyed) surface();
  });
  carry(socket, inner);
  on('error', (error) => socket.destroy(error));
}

// The socket's own connection is given up.
function moveTo(socket, inner) {
  handOver(socket[kConn]);
  giveUp(socket);
  socket[kFallback] = inner;
  changeCarrier(socket);
  setHolding(socket, false);
  if (!socket[kRefed]) inner.unref();
  applyOptions(socket, inner);
}

// What the server sends from here on, and its end, come to the socket.
function carry(socket, inner) {
  const on = (event, listener) => listen(socket, inner, event, listener);
  let ended = false;
  on('data', (chunk) => {
    if (socket[kParked]) {
      socket.destroy();
      return;
    }
    socket._unrefTimer();
    if (!socket.push(chunk)) inner.pause();
  });
  on('end', () => {
    ended = true;
    if (socket[kParked]) {
      socket.destroy();
      return;
    }
    socket.push(null);
    socket.read(0);
  });
  // Where it has ended before, the socket closes by itself when it has been read to its end.
  on('close', () => {
    if (!ended) socket.destroy();
  });
}

function listen(socket, inner, event, listener) {
  inner.on(event, (...args) => socket[kScope].runInAsyncScope(shielded, null, listener, args));
}

function copyVerdict(socket, inner) {
  for (const name of ['authorized', 'authorizationError', 'alpnProtocol', 'servername']) {
    socket[name] = inner[name];
  }
  copyEstablished(socket, inner);
}

// Node's socket has things to do after its events: what the program's listeners throw must not keep
// it from them.
function shielded(listener, args) {
  try {
    listener(...args);
  } catch (error) {
    nextTick(() => {
      throw error;
    });
  }
}

// A check that throws has not vouched for the server: it must not get the request.
function identityCheck(socket, { checkServerIdentity }) {
  if (typeof checkServerIdentity !== 'function') return undefined;
  return {
    checkServerIdentity(...args) {
      try {
        return checkServerIdentity.apply(this, args);
      } catch (error) {
        socket.destroy(error);
        throw error;
      }
    },
  };
}

// The program may have set other ones since the socket was made.
function currentOptions(socket) {
  const { noDelay, keepAlive } = optionsOf(socket);
  return { noDelay, keepAlive: keepAlive.enabled };
}

// The tls.connect() of Node 20 passes over these.
function applyOptions(socket, inner) {
  const { noDelay, keepAlive, typeOfService } = optionsOf(socket);
  if (noDelay) inner.setNoDelay(true);
  if (keepAlive.enabled) {
    const { delay, interval, count } = keepAlive;
    inner.setKeepAlive(true, delay * 1000, interval * 1000 || undefined, count || undefined);
  }
  if (typeOfService !== undefined) inner.setTypeOfService(typeOfService);
}

function onceHeard(socket, event, act) {
  if (socket.listenerCount(event) > 0) {
    act(event);
    return;
  }
  socket.on('newListener', function onNewListener(heard) {
    if (heard !== event) return;
    socket.removeListener('newListener', onNewListener);
    act(event);
  });
}

// The program has ended the socket within the handshake.
function endHeld(socket, inner) {
  const callback = socket[kFinalCallback];
  socket[kFinalCallback] = null;
  if (callback) endOver(inner, callback);
  else if (socket.writableFinished) inner.end();
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

function endOver(inner, callback) {
  if (inner.destroyed || inner.writableEnded) callback();
  else inner.end(callback);
}

function destroyOver(socket, inner, error, callback) {
  socket.connecting = false;
  inner.destroy();
  callback(error);
  const close = () => {
    closeScope(socket, () => socket.emit('close', Boolean(error)));
  };
  if (inner.closed) setImmediate(close);
  else inner.once('close', close);
}

module.exports = { destroyOver, endOver, failAtEnd, fallBack, replayByNode, replayOver, writeOver };
