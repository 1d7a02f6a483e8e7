'use strict';

// A request that meets a dying connection is sent once more, over a fresh one (RFC 9110, section
// 9.2.2): the connection had been used before, or its server asks for what only Node's TLS does; not
// one byte of the response has come, all that was sent is still held, and sending it twice does no
// harm, or it was never sent. The socket stays: it is a view of a connection, and goes on over
// another.

const { Buffer } = require('node:buffer');
const { channel } = require('node:diagnostics_channel');

const { handOver } = require('../bridge/events');
const {
  NO_CONNECTION,
  giveUp,
  isOurs,
  isUsed,
  kConn,
  kEpoch,
  kPlan,
  kReading,
  kRefed,
  setHolding,
  setReading,
} = require('../connection/connection');
const { takeWaiting } = require('../connection/in-flight');
const { kMaker } = require('../connection/node-transport');
const { applyLateOptions } = require('../connection/options');
const { mayBecomeOurs } = require('../connection/pending-take-over');
const { kScope } = require('../connection/scope');
const { requestOf } = require('../node/client');
const { nextTick } = require('../node/originals');
const { copyEnds } = require('../node/socket-fields');
const { changeCarrier } = require('../pool/slot');

// Methods that may be sent twice (RFC 9110, section 9.2.2).
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

// Who listens to these judges each new connection.
const WATCHED = ['lookup', 'connectionAttempt', 'connect', 'ready', 'secureConnect', 'secure'];

// With one of these a server knows the second request from a new one.
const KEYS = ['idempotency-key', 'x-idempotency-key'];

const replayChannel = channel('oxagent:replay');

// Makes a socket with a connection to the same server, or answers null.
const kRedial = Symbol('redial');
// One more than the bytes of the exchange that may still be held; 0 where it is not replayed.
const kReplayLeft = Symbol('replayLeft');
const kHeld = Symbol('held');
// The most bytes that are held, and whether it is the first exchange: a dying connection that was
// not used before is no reason to send it again.
const kLimit = Symbol('replayLimit');
const kIsFirst = Symbol('isFirst');
// The socket whose connection this one waits for.
const kReplacement = Symbol('replacement');
// What is known of the server, and whether another connection's server is the same.
const kIdentity = Symbol('identity');
const kMatches = Symbol('matches');
// Takes over what a socket knows of its connection beyond what every one does.
const kAdopt = Symbol('adopt');
// Goes on over a connection of Node's own.
const kReplayOver = Symbol('replayOver');
// Among the options of a connection: it is a replay's, and its server has to show its certificate.
const kForReplay = Symbol('forReplay');

function initReplay(socket) {
  socket[kRedial] = null;
  socket[kReplayLeft] = 0;
  socket[kHeld] = null;
  socket[kLimit] = 0;
  socket[kIsFirst] = false;
  socket[kReplacement] = null;
  socket.replays = 0;
}

// A socket whose connection can be made again, by `redial`.
function mayRedial(socket, redial, limit) {
  socket[kRedial] = redial;
  socket[kLimit] = limit;
}

// The next exchange of a connection begins. It may be replayed where the connection was used
// before. A socket of another make has no way to be replayed.
function beginExchange(socket, limit) {
  if (!socket[kRedial] || !isUsed(socket)) return;
  socket[kReplayLeft] = limit + 1;
  socket[kHeld] = null;
  socket[kIsFirst] = false;
}

// The first exchange of a connection whose server may yet ask for what only Node's TLS does.
function holdFirst(socket) {
  const req = requestOf(socket);
  if (!socket[kRedial] || !req || !isIdempotent(req)) return;
  socket[kReplayLeft] = socket[kLimit] + 1;
  socket[kIsFirst] = true;
}

// Called for each write of an exchange that may be replayed. A Buffer is the program's own again
// when its write has called back, so it is copied.
function holdWritten(socket, several, data, encoding, length) {
  socket[kReplayLeft] -= length;
  if (socket[kReplayLeft] <= 0) {
    endExchange(socket);
    return;
  }
  const held = several
    ? data.map(({ chunk, encoding: own }) => ({ chunk: ownCopy(chunk), encoding: own }))
    : ownCopy(data);
  const write = { several, data: held, encoding };
  if (socket[kHeld] === null) socket[kHeld] = [write];
  else socket[kHeld].push(write);
}

// What was sent must not be sent again: the response has begun, or too much was sent.
function endExchange(socket) {
  socket[kReplayLeft] = 0;
  socket[kHeld] = null;
}

// Replays the exchange of a socket whose connection has just died, if it may. `unsent`: the kernel
// has taken no byte of the request. `surface` does what would have been done otherwise.
function replay(socket, unsent, surface) {
  if (socket[kIsFirst]) return false;
  const exchange = takeExchange(socket, unsent);
  if (exchange === null) return false;
  const { req, inner, held, known } = exchange;
  if (socket.destroyed) {
    // The program has given it up while it was asked for the connection.
    inner.destroy();
    return true;
  }
  if (!isOurs(inner) && !mayBecomeOurs(inner)) {
    socket[kReplayOver](exchange, surface);
    return true;
  }

  leave(socket, inner);
  countReplay(socket, req);

  let failure = null;
  inner.on('keylog', (line) => socket.emit('keylog', line));
  inner.once('error', (error) => {
    failure = error;
  });
  inner.once('close', () => {
    if (socket[kReplacement] !== inner) return;
    socket[kReplacement] = null;
    socket[kScope].runInAsyncScope(() => {
      if (failure) socket.destroy(failure);
      else surface();
    });
  });
  // When TLS is ready, its last event is 'secure'. What has come by then is handed over too.
  inner.once(inner.encrypted ? 'secure' : 'ready', () => {
    nextTick(() => {
      if (socket[kReplacement] !== inner || inner.destroyed) return;
      // Node's own TLS may have taken over, whose connection can't be handed over; and a program
      // that judges each new connection, by its certificate or its address, has not seen another
      // one.
      if (!isOurs(inner) || inner[kConn] === NO_CONNECTION || !inner[kMatches](known)) {
        inner.destroy();
        return;
      }
      socket[kReplacement] = null;
      socket[kScope].runInAsyncScope(() => goOn(socket, inner, held));
    });
  });
  return true;
}

// What is to be sent again, over which connection, and what is known of the server; null where it
// may not be sent again.
function takeExchange(socket, unsent) {
  const req = requestOf(socket);
  if (!isComplete(socket, req) || !(unsent || isIdempotent(req))) return null;
  const inner = redial(socket);
  if (inner === null) return null;
  const exchange = { req, inner, held: socket[kHeld] ?? [], known: socket[kIdentity]() };
  endExchange(socket);
  return exchange;
}

function countReplay(socket, req) {
  socket.replays++;
  replayChannel.publish({ request: req, socket, replays: socket.replays });
}

function isComplete(socket, req) {
  return (
    Boolean(req && socket.parser) &&
    !req.destroyed &&
    !req.res &&
    req.writableEnded &&
    !req.outputSize &&
    // All that the program wrote is held, also what the kernel may not have.
    socket.writableBuffer.length === 0 &&
    !socket.writableEnded &&
    WATCHED.every((event) => socket.listenerCount(event) === 0) &&
    req.method !== 'CONNECT' &&
    !req.hasHeader('upgrade') &&
    !req.hasHeader('expect')
  );
}

function isIdempotent(req) {
  return IDEMPOTENT.has(req.method) || KEYS.some((name) => req.hasHeader(name));
}

function redial(socket) {
  try {
    return socket[kRedial]();
  } catch {
    // What the program has put in the way of new connections; the request fails as it would have.
    return null;
  }
}

// The socket's connection is closed, and the replacement holds the process in its place.
function leave(socket, inner) {
  handOver(socket[kConn]);
  giveUp(socket);
  socket[kReplacement] = inner;
  changeCarrier(socket);
  setHolding(socket, false);
  if (!socket[kRefed]) inner.unref();
}

// The replacement's connection becomes the socket's.
function goOn(socket, inner, held) {
  const conn = inner[kConn];
  handOver(conn, socket);
  setHolding(inner, false);
  inner[kConn] = NO_CONNECTION;
  socket[kConn] = conn;
  socket[kEpoch] = 0;
  socket[kPlan] = inner[kPlan];
  socket[kMaker] = inner[kMaker];
  copyEnds(socket, inner);
  socket[kAdopt](inner);
  changeCarrier(socket);
  setHolding(socket, socket[kRefed]);
  applyLateOptions(socket);
  socket[kReading] = inner[kReading];
  if (socket[kReading] === socket.isPaused()) setReading(socket, !socket.isPaused());
  sendAgain(socket, held, ({ several, data, encoding }, callback) =>
    socket._writeGeneric(several, data, encoding, callback),
  );
  // It has no connection any more. Who has made it and waits for its 'close' gets that.
  inner.destroy();
}

// Writes what was held once more. The request's last write may wait still: it waits for its second
// self now. What becomes of the others is the socket's.
function sendAgain(socket, held, write) {
  const failed = (error) => error && socket.destroy(error);
  const callback = takeWaiting(socket) ?? failed;
  held.forEach((one, index) => {
    write(one, index === held.length - 1 ? callback : failed);
  });
}

function ownCopy(chunk) {
  return typeof chunk === 'string' ? chunk : Buffer.from(chunk);
}

module.exports = {
  beginExchange,
  countReplay,
  endExchange,
  holdFirst,
  holdWritten,
  initReplay,
  kAdopt,
  kForReplay,
  kIdentity,
  kMatches,
  kReplacement,
  kReplayLeft,
  kReplayOver,
  mayRedial,
  replay,
  sendAgain,
  takeExchange,
};
