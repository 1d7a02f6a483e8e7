'use strict';

// What a connection says, as a net.Socket shows it. Each handler runs on the socket.

const { constants } = require('node:os');

const { Kind } = require('./bridge/events');
const {
  NO_CONNECTION,
  kConn,
  kEpoch,
  kParked,
  kPlan,
  kReading,
  setReading,
} = require('./connection');
const errors = require('./errors');
const { closeAttempt, closeScope, concludeAttempt, openAttempt } = require('./scope');
const { applyLateOptions } = require('./socket-options');

const ECANCELED = -constants.errno.ECANCELED;

const kBytesRead = Symbol('bytesRead');
const kUnanswered = Symbol('unanswered');
const kWriteCallback = Symbol('writeCallback');
const kFinalCallback = Symbol('finalCallback');

// By the event's kind.
const HANDLERS = [];
HANDLERS[Kind.RESOLVED] = function onResolved({ endpoints }) {
  if (this.destroyed) return;
  const { host, several } = this[kPlan];
  for (const { address, family } of several ? endpoints : endpoints.slice(0, 1)) {
    this.emit('lookup', null, address, family, host);
    if (!this.connecting) return;
  }
};

HANDLERS[Kind.ATTEMPT] = function onAttempt({ endpoints: [{ address, port, family }] }) {
  if (!this.connecting) return;
  openAttempt(this, 'TCPCONNECTWRAP');
  if (this[kPlan].several) this.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
  this.emit('connectionAttempt', address, port, family);
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
    this.destroy();
    return;
  }
  this._unrefTimer();
  this[kBytesRead] += chunk.length;
  if (!isForParserAlone(this)) chunk = ownCopy(chunk);
  if (!this.push(chunk) && this[kConn] !== NO_CONNECTION) setReading(this, false);
};

HANDLERS[Kind.END] = function onEnd() {
  if (this.destroyed) return;
  if (this[kParked]) {
    this.destroy();
    return;
  }
  this._unrefTimer();
  this.push(null);
  this.read(0);
};

HANDLERS[Kind.FAILED] = function onFailed(errno, writing) {
  if (this.destroyed) return;
  const error = errors.errnoException(errno, writing ? 'write' : 'read');
  const callback = this[kWriteCallback];
  if (writing && callback) {
    this[kWriteCallback] = null;
    callback(error);
  } else {
    this.destroy(error);
  }
};

HANDLERS[Kind.KILLED] = function onKilled() {
  this.destroy();
};

HANDLERS[Kind.WRITTEN] = function onWritten() {
  this[kUnanswered] = 0;
  const callback = this[kWriteCallback];
  this[kWriteCallback] = null;
  if (!this.destroyed) this._unrefTimer();
  if (callback) callback();
};

HANDLERS[Kind.SHUT] = function onShut() {
  const callback = this[kFinalCallback];
  this[kFinalCallback] = null;
  if (callback) callback();
};

// Where libuv calls back for closed handles: at the end of the loop's turn.
function emitClose(socket, hadError) {
  closeScope(socket, () => {
    const callback = socket[kWriteCallback];
    socket[kWriteCallback] = null;
    if (callback) callback(errors.errnoException(ECANCELED, 'write'));
    socket.emit('close', hadError);
  });
}

// Whether the bytes go into the HTTP parser, which copies what it hands on, and nowhere else.
function isForParserAlone(socket) {
  const req = socket._httpMessage;
  return (
    Boolean(req && socket.parser) &&
    socket.listenerCount('data') === 1 &&
    req.method !== 'CONNECT' &&
    req.listenerCount('upgrade') === 0
  );
}

// A received chunk is part of a slab that other connections share. A program may transfer the
// ArrayBuffer of what it gets, so what it gets has one of its own.
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
  kBytesRead,
  kFinalCallback,
  kUnanswered,
  kWriteCallback,
};
