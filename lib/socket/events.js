'use strict';

// What a connection says, as a net.Socket shows it. Each handler runs on the socket.

const { Buffer } = require('node:buffer');
const { constants } = require('node:os');
const process = require('node:process');

const { command } = require('../bridge/commands');
const { keep, ownsChunks } = require('../bridge/events');
const { Kind, Op } = require('../bridge/protocol');
const {
  NO_CONNECTION,
  announce,
  bindsFirst,
  kConn,
  kEpoch,
  kParked,
  kPlan,
  kReading,
  kStartTime,
  setReading,
} = require('../connection/connection');
const { failWrites, hearWritten, kWriteCallback } = require('../connection/in-flight');
const { tell } = require('../connection/lookup');
const { applyLateOptions } = require('../connection/options');
const { closeAttempt, closeScope, concludeAttempt } = require('../connection/scope');
const errors = require('../errors/node-errors');
const { requestOf } = require('../node/client');
const { drainListener, keepDraining } = require('../node/early-response');
const { isForParserAlone, mayHaveEscaped } = require('../node/parser-fast-path');
const { tellConnect, tellLookup } = require('../node/perf-entries');
const { setEnds } = require('../node/socket-fields');
const { endExchange, kReplayLeft, replay } = require('./replay');

// libuv's number. On Windows it is not the system's.
const ECANCELED = process.platform === 'win32' ? -4081 : -constants.errno.ECANCELED;

// Where the program names a local port alone.
const ANY = { 4: '0.0.0.0', 6: '::' };

const kBytesRead = Symbol('bytesRead');
const kFinalCallback = Symbol('finalCallback');
const kLeaving = Symbol('leaving');

// By the event's kind.
const HANDLERS = [];
HANDLERS[Kind.RESOLVED] = function onResolved({ endpoints }) {
  if (this[kStartTime] !== undefined) {
    tellLookup(this[kStartTime], lookupOf(this[kPlan], endpoints));
  }
  if (this.destroyed) return;
  concludeAttempt(this, () => goOnTo(this, endpoints));
};

function goOnTo(socket, endpoints) {
  const { host, several, request } = socket[kPlan];
  for (const { address, family } of several ? endpoints : endpoints.slice(0, 1)) {
    tell(socket, 'lookup', null, address, family, host);
    if (!socket.connecting) return;
  }
  // Where the near end may forbid an address, that is told of when it does not.
  if (bindsFirst(request)) command(Op.DIAL, socket[kConn]);
  else dial(socket, endpoints[0]);
}

HANDLERS[Kind.ATTEMPT] = function onAttempt({ endpoints: [endpoint] }) {
  if (this.connecting) dial(this, endpoint);
};

HANDLERS[Kind.ATTEMPT_FAILED] = function onAttemptFailed({ failures: [failure] }) {
  if (!this.connecting || failure.syscall !== 'connect') return;
  // Where the only one is refused at once, Node tells of the socket's end alone.
  if (failure.local && !this[kPlan].several) return;
  const { port, family } = failure.endpoint;
  const address = written(this, failure.endpoint);
  const error = connectError(this, failure);
  concludeAttempt(this, () => {
    this.emit('connectionAttemptFailed', address, port, family, error);
  });
};

HANDLERS[Kind.CONNECTED] = function onConnected({ endpoints: [peer, local] }) {
  if (this.destroyed) return;
  this.connecting = false;
  this[kReading] = true;
  if (local) setEnds(this, nameOf(peer), nameOf(local));
  this._unrefTimer();
  applyLateOptions(this);
  concludeAttempt(this, () => {
    this.emit('connect');
    this.emit('ready');
    if (!this.destroyed && !this.isPaused()) this.read(0);
    if (this[kStartTime] !== undefined) {
      tellConnect(this[kStartTime], written(this, peer), peer.port);
    }
  });
};

HANDLERS[Kind.CONNECT_FAILED] = function onConnectFailed({ failures, several }) {
  if (this.destroyed) return;
  const { host } = this[kPlan];
  if (failures[0].syscall === 'getaddrinfo') {
    const error = errors.lookupException(failures[0].errno, host);
    concludeAttempt(this, () => {
      this.emit('lookup', error, undefined, undefined, host);
      this.destroy(error);
    });
    return;
  }
  closeAttempt(this);
  const all = failures.map((failure) => connectError(this, failure));
  this.destroy(several ? errors.aggregateException(all) : all[0]);
};

HANDLERS[Kind.DATA] = function onData(chunk, epoch) {
  if (this.destroyed) return;
  if (this[kParked] || epoch !== this[kEpoch]) {
    // Nobody asked for these bytes: they must not become the next response.
    replayOr(this, false, () => this.destroy());
    return;
  }
  const req = requestOf(this);
  if (!this.parser && req?.res?.complete && !req.upgradeOrConnect) {
    // Behind a whole answer, before its request has let go of the socket.
    this.destroy();
    return;
  }
  if (this[kReplayLeft] > 0) endExchange(this);
  this._unrefTimer();
  this[kBytesRead] += chunk.length;
  const isParsed = !ownsChunks && isForParserAlone(this);
  const onDrain = drainListener(this, req);
  let goesOn;
  try {
    goesOn = this.push(ownsChunks || isParsed ? chunk : ownCopy(chunk));
  } finally {
    // Also where a listener of the parser's error has thrown.
    if (isParsed && mayHaveEscaped(this)) keep(chunk);
  }
  if (onDrain) keepDraining(this, req, onDrain);
  if (!goesOn && this[kConn] !== NO_CONNECTION) setReading(this, false);
};

HANDLERS[Kind.END] = function onEnd() {
  // Node's own socket has mostly closed by the time that it could hear of the end.
  if (this.destroyed || isLeaving(this)) return;
  if (this[kParked]) {
    this.destroy();
    return;
  }
  this._unrefTimer();
  replayOr(this, false, () => {
    this.push(null);
    this.read(0);
  });
};

HANDLERS[Kind.FAILED] = function onFailed(errno, writing) {
  if (this.destroyed) return;
  if (isLeaving(this)) {
    this.destroy();
    return;
  }
  replayOr(this, false, () => {
    const error = errors.errnoException(errno, writing ? 'write' : 'read');
    const callback = this[kWriteCallback];
    if (writing && callback) {
      this[kWriteCallback] = null;
      callback(error);
    } else {
      this.destroy(error);
    }
  });
};

HANDLERS[Kind.PANICKED] = function onPanicked() {
  this.destroy(errors.ioPanic());
};

HANDLERS[Kind.KILLED] = function onKilled() {
  if (this.destroyed) return;
  // It is killed only before the first byte of an exchange has left.
  replayOr(this, true, () => this.destroy());
};

HANDLERS[Kind.WRITTEN] = function onWritten(count) {
  if (!this.destroyed) this._unrefTimer();
  hearWritten(this, count);
};

HANDLERS[Kind.SHUT] = function onShut() {
  const callback = this[kFinalCallback];
  this[kFinalCallback] = null;
  if (callback) callback();
};

function dial(socket, endpoint) {
  announce(socket, written(socket, endpoint), endpoint.port);
  if (socket.connecting) command(Op.DIAL, socket[kConn]);
}

// The connection has died: its exchange is replayed, or the program hears of it.
function replayOr(socket, unsent, surface) {
  if (socket[kReplayLeft] > 0 && !socket[kParked] && replay(socket, unsent, surface)) return;
  surface();
}

// Whether all is written and nothing more is wanted. Node's own socket has closed by the time that
// it could hear of a failure: the answer that came before is whole, and its request has no error.
function isLeaving(socket) {
  return socket[kLeaving] && socket[kFinalCallback] !== null;
}

// Where libuv calls back for closed handles: at the end of the loop's turn.
function emitClose(socket, hadError) {
  closeScope(socket, () => {
    failWrites(socket, () => errors.errnoException(ECANCELED, 'write'));
    socket.emit('close', hadError);
  });
}

function ownCopy(chunk) {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  copy.set(chunk);
  return copy;
}

function nameOf({ address, port, family }) {
  return { address, family: `IPv${family}`, port };
}

// What an entry of dns.lookup() says of it.
function lookupOf({ host, request, several }, endpoints) {
  const { family, hints, order } = request;
  const addresses = endpoints.map(({ address, family }) =>
    several ? { address, family } : address,
  );
  return { hostname: host, family, hints, verbatim: order === 'verbatim', order, addresses };
}

// As the program wrote it, where it wrote an address.
function written(socket, { address }) {
  return socket[kPlan].dialled ?? address;
}

function connectError(socket, failure) {
  const { dialled, request } = socket[kPlan];
  const { endpoint = {}, syscall } = failure;
  const isBind = syscall === 'bind';
  const address = (isBind ? request.localAddress : dialled) ?? endpoint.address;
  const bound =
    request.localPort && !isBind
      ? { address: request.localAddress ?? ANY[endpoint.family], port: request.localPort }
      : null;
  return errors.connectException({ ...failure, endpoint: { ...endpoint, address } }, bound);
}

module.exports = {
  HANDLERS,
  emitClose,
  isLeaving,
  kBytesRead,
  kFinalCallback,
  kLeaving,
};
