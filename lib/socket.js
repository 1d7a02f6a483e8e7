'use strict';

// A net.Socket whose connection lives on the I/O thread. It is a view: what it writes becomes
// commands, what the connection says comes as events.

const { AsyncResource } = require('node:async_hooks');
const { channel } = require('node:diagnostics_channel');
const net = require('node:net');
const { addAbortSignal } = require('node:stream');

const { Op, flush, command, connect, hold, release, write, writev } = require('./bridge/commands');
const { native } = require('./bridge/addon');
const { Kind, forget, kReceive, open } = require('./bridge/events');
const errors = require('./errors');
const { lookUp } = require('./lookup');

// Bytes that may be on their way to the kernel before a write waits for it.
const UNANSWERED_BYTES = 64 * 1024;

const NO_CONNECTION = -1;
const EPOCH_MASK = 0xffff;
const ECANCELED = -require('node:os').constants.errno.ECANCELED;

const clientSocketChannel = channel('net.client.socket');

const kConn = Symbol('connection');
const kEpoch = Symbol('epoch');
const kParked = Symbol('parked');
const kScope = Symbol('scope');
const kPlan = Symbol('plan');
const kBegun = Symbol('begun');
const kReading = Symbol('reading');
const kRefed = Symbol('refed');
const kHolding = Symbol('holding');
const kReset = Symbol('reset');
const kBytesRead = Symbol('bytesRead');
const kBytesWritten = Symbol('bytesWritten');
const kUnanswered = Symbol('unanswered');
const kWriteCallback = Symbol('writeCallback');
const kWrittenSeen = Symbol('writtenSeen');
const kFinalCallback = Symbol('finalCallback');
const kNoDelay = Symbol('noDelay');
const kKeepAlive = Symbol('keepAlive');
const kTypeOfService = Symbol('typeOfService');

class Socket extends net.Socket {
  constructor(options) {
    super(options);
    this[kConn] = NO_CONNECTION;
    this[kEpoch] = 0;
    this[kParked] = false;
    this[kScope] = null;
    this[kPlan] = null;
    this[kBegun] = false;
    this[kReading] = false;
    this[kRefed] = true;
    this[kHolding] = false;
    this[kReset] = false;
    this[kBytesRead] = 0;
    this[kBytesWritten] = 0;
    this[kUnanswered] = 0;
    this[kWriteCallback] = null;
    this[kWrittenSeen] = 0;
    this[kFinalCallback] = null;
    this[kNoDelay] = Boolean(options.noDelay);
    this[kKeepAlive] = keepAliveOf(options.keepAlive, options.keepAliveInitialDelay);
    this[kTypeOfService] = undefined;
  }

  // --- Connecting ----------------------------------------------------------------------------

  connect() {
    // An agent's socket is made connecting. Node's would begin a new connection here.
    throw errors.alreadyConnected();
  }

  // Node's TLSSocket waits for 'connect' on every net.Socket that has no handle of libuv's, also on
  // one that is connected. No request holds a socket over which TLS begins.
  once(event, listener) {
    super.once(event, listener);
    if (event === 'connect' && isOpen(this) && !this._httpMessage && !this[kParked]) {
      process.nextTick(() => {
        if (!this.listeners('connect').includes(listener)) return;
        this.removeListener('connect', listener);
        listener.call(this);
      });
    }
    return this;
  }

  get pending() {
    return this[kConn] === NO_CONNECTION || this.connecting;
  }

  // --- Events of the connection --------------------------------------------------------------

  // In the async context of the request that holds the socket.
  [kReceive](kind, first, second) {
    this[kScope].runInAsyncScope(HANDLERS[kind], this, first, second);
  }

  // --- Reading -------------------------------------------------------------------------------

  _read() {
    if (!this[kReading] && !this.connecting && this[kConn] !== NO_CONNECTION) {
      setReading(this, true);
    }
  }

  get bytesRead() {
    return this[kBytesRead];
  }

  // --- Writing -------------------------------------------------------------------------------

  _write(chunk, encoding, callback) {
    this._writeGeneric(false, chunk, encoding, callback);
  }

  _writev(chunks, callback) {
    this._writeGeneric(true, chunks, '', callback);
  }

  _writeGeneric(several, data, encoding, callback) {
    if (this.connecting) {
      writeOnceConnected(this, several, data, encoding, callback);
      return;
    }
    this._pendingData = null;
    this._pendingEncoding = '';
    const conn = this[kConn];
    if (conn === NO_CONNECTION) {
      callback(errors.socketClosed());
      return;
    }
    this._unrefTimer();
    const unanswered = UNANSWERED_BYTES - this[kUnanswered];
    const length = several
      ? writev(conn, data, unanswered)
      : write(conn, data, encoding, unanswered);
    if (length >= 0) {
      this[kUnanswered] += length;
      this[kBytesWritten] += length;
      callback();
    } else {
      this[kBytesWritten] -= length;
      this[kWrittenSeen] = native.written(conn);
      this[kWriteCallback] = callback;
    }
  }

  _final(callback) {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
    } else if (this[kConn] === NO_CONNECTION) {
      callback();
    } else {
      this[kFinalCallback] = callback;
      command(Op.SHUTDOWN, this[kConn]);
    }
  }

  get _bytesDispatched() {
    return this[kBytesWritten];
  }

  get bytesWritten() {
    const { writableBuffer } = this;
    if (!writableBuffer) return undefined;
    let bytes = this[kBytesWritten];
    for (const { chunk, encoding } of writableBuffer) bytes += Buffer.byteLength(chunk, encoding);
    const pending = this._pendingData;
    if (Array.isArray(pending)) {
      for (const { chunk, encoding } of pending) bytes += Buffer.byteLength(chunk, encoding);
    } else if (pending) {
      bytes += Buffer.byteLength(pending, this._pendingEncoding);
    }
    return bytes;
  }

  get bufferSize() {
    return this[kConn] === NO_CONNECTION ? undefined : this.writableLength;
  }

  // --- Ending --------------------------------------------------------------------------------

  destroy(error, callback) {
    if (!this.destroyed && this.timeout) {
      // Node's own timer, stopped by Node's own means; what the program reads stays.
      const { timeout } = this;
      this.setTimeout(0);
      this.timeout = timeout;
    }
    return super.destroy(error, callback);
  }

  _destroy(error, callback) {
    this.connecting = false;
    const hadError = Boolean(error);
    const conn = this[kConn];
    this[kConn] = NO_CONNECTION;
    if (!this[kBegun]) {
      if (conn !== NO_CONNECTION) forget(conn);
      callback(error);
      process.nextTick(() => this.emit('close', hadError));
      return;
    }
    // At once, as a handle of libuv's closes: what the program does next must find it closed.
    command(this[kReset] ? Op.RESET : Op.CLOSE, conn);
    flush();
    setHolding(this, false);
    callback(error);
    setImmediate(emitClose, this, hadError);
  }

  resetAndDestroy() {
    if (this[kConn] === NO_CONNECTION) return this.destroy(errors.socketClosed());
    if (this[kPlan].request.path) throw errors.invalidHandleType();
    if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  }

  _reset() {
    this[kReset] = true;
    return this.destroy();
  }

  // --- The process's life --------------------------------------------------------------------

  ref() {
    this[kRefed] = true;
    if (this[kBegun] && !this.destroyed) setHolding(this, true);
    return this;
  }

  unref() {
    this[kRefed] = false;
    if (this[kBegun] && !this.destroyed) setHolding(this, false);
    return this;
  }

  // --- Options of the connection -------------------------------------------------------------

  setNoDelay(enable = true) {
    enable = Boolean(enable);
    if (enable !== this[kNoDelay]) {
      this[kNoDelay] = enable;
      if (isOpen(this)) command(Op.NO_DELAY, this[kConn], Number(enable));
    }
    return this;
  }

  setKeepAlive(enable, initialDelay, interval, count) {
    const wanted =
      enable !== null && typeof enable === 'object'
        ? keepAliveOf(enable.enable, enable.initialDelay, enable.interval, enable.count)
        : keepAliveOf(enable, initialDelay, interval, count);
    if (!isSameKeepAlive(wanted, this[kKeepAlive])) {
      this[kKeepAlive] = wanted;
      if (isOpen(this)) sendKeepAlive(this);
    }
    return this;
  }

  setTypeOfService(value) {
    // Node's own checks, on a socket that has no handle and so does nothing else.
    new net.Socket().setTypeOfService(value);
    if (value !== this[kTypeOfService]) {
      this[kTypeOfService] = value;
      if (isOpen(this)) command(Op.TYPE_OF_SERVICE, this[kConn], value);
    }
    return this;
  }

  getTypeOfService() {
    return this[kTypeOfService] ?? 0;
  }

  _getsockname() {
    return (this[kConn] !== NO_CONNECTION && this._sockname) || {};
  }

  // --- The idle timer ------------------------------------------------------------------------

  // A write that the server takes slowly is activity.
  _onTimeout() {
    if (this[kWriteCallback]) {
      const written = native.written(this[kConn]);
      if (written !== this[kWrittenSeen]) {
        this[kWrittenSeen] = written;
        this._unrefTimer();
        return;
      }
    }
    this.emit('timeout');
  }
}

const HANDLERS = [];
HANDLERS[Kind.RESOLVED] = function onResolved({ endpoints }) {
  const { host, several } = this[kPlan];
  for (const { address, family } of several ? endpoints : endpoints.slice(0, 1)) {
    this.emit('lookup', null, address, family, host);
    if (!this.connecting) return;
  }
};

HANDLERS[Kind.ATTEMPT] = function onAttempt({ endpoints: [{ address, port, family }] }) {
  if (!this.connecting) return;
  if (this[kPlan].several) this.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
  this.emit('connectionAttempt', address, port, family);
};

HANDLERS[Kind.ATTEMPT_FAILED] = function onAttemptFailed({ failures: [failure] }) {
  if (!this.connecting || failure.syscall !== 'connect') return;
  const { address, port, family } = failure.endpoint;
  const error = connectError(this, failure);
  this.emit('connectionAttemptFailed', address, port, family, error);
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
  this.emit('connect');
  this.emit('ready');
  if (!this.destroyed && !this.isPaused()) this.read(0);
};

HANDLERS[Kind.CONNECT_FAILED] = function onConnectFailed({ failures, several }) {
  if (this.destroyed) return;
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
  if (this.destroyed) return;
  this._unrefTimer();
  if (callback) callback();
};

HANDLERS[Kind.SHUT] = function onShut() {
  const callback = this[kFinalCallback];
  this[kFinalCallback] = null;
  if (callback) callback();
};

// The socket of a connection that the program's signal forbids.
function abortLater(socket, signal) {
  socket.connecting = true;
  setImmediate(() => addAbortSignal(signal, socket));
  return socket;
}

// Begins the connection of a plan (see ./connect-plan.js).
function connectTo(socket, plan) {
  if (clientSocketChannel.hasSubscribers) clientSocketChannel.publish({ socket });
  socket.connecting = true;
  socket[kPlan] = plan;
  socket[kScope] = newScope();
  if (plan.several) socket.autoSelectFamilyAttemptedAddresses = [];
  if (plan.host !== null) socket._host = plan.host;
  socket[kConn] = open(socket);
  if (plan.lookup || plan.blockList) lookUp(socket, plan, begin);
  else begin(socket, plan.request);
  return socket;
}

// Hands the connection to the I/O thread.
function begin(socket, request) {
  socket[kBegun] = true;
  setHolding(socket, socket[kRefed]);
  connect(socket[kConn], request);
}

// A new request holds the socket from here on; the connection's gate has counted it too.
function claim(socket) {
  socket[kEpoch] = (socket[kEpoch] + 1) & EPOCH_MASK;
  renewScope(socket);
}

function renewScope(socket) {
  socket[kScope].emitDestroy();
  socket[kScope] = newScope();
}

// What the pool calls the connection; negative where there is none any more.
function connectionOf(socket) {
  return socket[kConn];
}

// A parked connection is always read, as its end must be seen.
function listen(socket) {
  if (!socket[kReading] && isOpen(socket)) setReading(socket, true);
}

function setReading(socket, on) {
  socket[kReading] = on;
  command(on ? Op.RESUME : Op.PAUSE, socket[kConn]);
}

function setHolding(socket, on) {
  if (socket[kHolding] === on) return;
  socket[kHolding] = on;
  if (on) hold();
  else release();
}

// As net.Socket does it: by a 'connect' listener, so that listeners that were there before (a
// filter of addresses, say) decide before a byte leaves.
function writeOnceConnected(socket, several, data, encoding, callback) {
  socket._pendingData = data;
  socket._pendingEncoding = encoding;
  const onClose = () => callback(errors.socketClosedBeforeConnection());
  socket.once('connect', () => {
    socket.off('close', onClose);
    socket._writeGeneric(several, data, encoding, callback);
  });
  socket.once('close', onClose);
}

function isOpen(socket) {
  return socket[kConn] !== NO_CONNECTION && !socket.connecting;
}

function sendKeepAlive(socket) {
  const { enabled, delay, interval, count } = socket[kKeepAlive];
  const first = Number(enabled) | (interval << 1);
  command(Op.KEEP_ALIVE, socket[kConn], first, delay | (count << 16));
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

// What was asked for while the connection was being made.
function applyLateOptions(socket) {
  const { noDelay, keepAlive, keepAliveSecs } = socket[kPlan].request;
  if (socket[kNoDelay] !== noDelay) {
    command(Op.NO_DELAY, socket[kConn], Number(socket[kNoDelay]));
  }
  const begun = keepAliveOf(keepAlive, keepAliveSecs * 1000);
  if (!isSameKeepAlive(begun, socket[kKeepAlive])) sendKeepAlive(socket);
  const value = socket[kTypeOfService];
  if (value !== undefined) command(Op.TYPE_OF_SERVICE, socket[kConn], value);
}

// Where libuv calls back for closed handles: at the end of the loop's turn.
function emitClose(socket, hadError) {
  socket[kScope].runInAsyncScope(() => {
    const callback = socket[kWriteCallback];
    socket[kWriteCallback] = null;
    if (callback) callback(errors.errnoException(ECANCELED, 'write'));
    socket.emit('close', hadError);
  });
}

function newScope() {
  return new AsyncResource('OXAGENTSOCKET', { requireManualDestroy: true });
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

function keepAliveOf(enable, initialDelay, interval, count) {
  return {
    enabled: Boolean(enable),
    delay: seconds(initialDelay),
    interval: seconds(interval),
    count: ~~count & 0x7f,
  };
}

function seconds(msecs) {
  return Math.min(Math.max(0, ~~(msecs / 1000)), 0x7fff);
}

function isSameKeepAlive(a, b) {
  if (a.enabled !== b.enabled) return false;
  return !a.enabled || (a.delay === b.delay && a.interval === b.interval && a.count === b.count);
}

module.exports = {
  Socket,
  abortLater,
  claim,
  connectTo,
  connectionOf,
  kParked,
  listen,
  renewScope,
};
