'use strict';

// What a connection says, as a net.Socket shows it. Each handler runs on the socket.

const { constants } = require('node:os');

const { Op, command } = require('./bridge/commands');
const { Kind, keep } = require('./bridge/events');
const {
  NO_CONNECTION,
  announce,
  kConn,
  kEpoch,
  kParked,
  kPlan,
  kReading,
  setReading,
} = require('./connection');
const errors = require('./errors');
const { tell } = require('./lookup');
const { isForParserAlone, mayHaveEscaped } = require('./parser-alone');
const { endExchange, kReplayLeft, replay } = require('./replay');
const { closeAttempt, closeScope, concludeAttempt } = require('./scope');
const { applyLateOptions } = require('./socket-options');
const { endWait, kWindow } = require('./write-window');

// libuv's number. On Windows it is not the system's.
const ECANCELED = process.platform === 'win32' ? -4081 : -constants.errno.ECANCELED;

const kBytesRead = Symbol('bytesRead');
// Bytes written of which no WRITTEN event will tell, those of which one will, and these by event.
const kUnmarked = Symbol('unmarked');
const kMarked = Symbol('marked');
const kMarks = Symbol('marks');
const kWriteCallback = Symbol('writeCallback');
const kFinalCallback = Symbol('finalCallback');
const kLeaving = Symbol('leaving');

// By the event's kind.
const HANDLERS = [];
HANDLERS[Kind.RESOLVED] = function onResolved({ endpoints }) {
  if (this.destroyed) return;
  const { host, several } = this[kPlan];
  for (const { address, family } of several ? endpoints : endpoints.slice(0, 1)) {
    tell(this, 'lookup', null, address, family, host);
    if (!this.connecting) return;
  }
  dial(this, endpoints[0]);
};

HANDLERS[Kind.ATTEMPT] = function onAttempt({ endpoints: [endpoint] }) {
  if (this.connecting) dial(this, endpoint);
};

HANDLERS[Kind.ATTEMPT_FAILED] = function onAttemptFailed({ failures: [failure] }) {
  if (!this.connecting || failure.syscall !== 'connect') return;
  const { address, port, family } = failure.endpoint;
  const error = connectError(this, failure);
  concludeAttempt(this, () => {
    this.emit('connectionAttemptFailed', address, port, family, error);
  });
};

HANDLERS[Kind.CONNECTED] = function onConnected({ endpoints: [peer, local] }) {
  if (this.destroyed) return;
  this.connecting = false;
  this[kReading] = true;
  if (local) {
    this._peername = nameOf(peer);
    this._sockname = nameOf(local);
  }
  this._unrefTimer();
  applyLateOptions(this);
  concludeAttempt(this, () => {
    this.emit('connect');
    this.emit('ready');
    if (!this.destroyed && !this.isPaused()) this.read(0);
  });
};

HANDLERS[Kind.CONNECT_FAILED] = function onConnectFailed({ failures, several }) {
  if (this.destroyed) return;
  closeAttempt(this);
  const { host } = this[kPlan];
  if (failures[0].syscall === 'getaddrinfo') {
    const error = errors.lookupException(failures[0].errno, host);
    this.emit('lookup', error, undefined, undefined, host);
    this.destroy(error);
    return;
  }
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
  const req = this._httpMessage;
  if (!this.parser && req?.res?.complete && !req.upgradeOrConnect) {
    // Behind a whole answer, before its request has let go of the socket.
    this.destroy();
    return;
  }
  if (this[kReplayLeft] > 0) endExchange(this);
  this._unrefTimer();
  this[kBytesRead] += chunk.length;
  const isParsed = isForParserAlone(this);
  let goesOn;
  try {
    goesOn = this.push(isParsed ? chunk : ownCopy(chunk));
  } finally {
    // Also where a listener of the parser's error has thrown.
    if (isParsed && mayHaveEscaped(this)) keep(chunk);
  }
  if (!goesOn && this[kConn] !== NO_CONNECTION) setReading(this, false);
};

HANDLERS[Kind.END] = function onEnd() {
  if (this.destroyed) return;
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
  for (const length of this[kMarks].splice(0, count)) this[kMarked] -= length;
  if (!this.destroyed) this._unrefTimer();
  const callback = this[kWriteCallback];
  if (!callback || this[kMarked] >= this[kWindow]) return;
  this[kWriteCallback] = null;
  endWait(this);
  callback();
};

HANDLERS[Kind.SHUT] = function onShut() {
  const callback = this[kFinalCallback];
  this[kFinalCallback] = null;
  if (callback) callback();
};

function dial(socket, { address, port }) {
  announce(socket, address, port);
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
    const callback = socket[kWriteCallback];
    socket[kWriteCallback] = null;
    if (callback) callback(errors.errnoException(ECANCELED, 'write'));
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

function connectError(socket, failure) {
  const { request } = socket[kPlan];
  const local =
    failure.syscall === 'connect' && request.localAddress && request.localPort
      ? { address: request.localAddress, port: request.localPort }
      : null;
  return errors.connectException(failure, local);
}

module.exports = {
  HANDLERS,
  emitClose,
  isLeaving,
  kBytesRead,
  kFinalCallback,
  kLeaving,
  kMarked,
  kMarks,
  kUnmarked,
  kWriteCallback,
};
