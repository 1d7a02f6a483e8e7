'use strict';

// A socket whose connection lives on the I/O thread. It is a view: what it writes becomes commands,
// what the connection says comes as events.

const net = require('node:net');

const { command, write, writev } = require('../bridge/commands');
const { kEnd, kReceive } = require('../bridge/events');
const { Op } = require('../bridge/protocol');
const {
  NO_CONNECTION,
  giveNone,
  giveUp,
  initConnection,
  isCopy,
  isOpen,
  kBegun,
  kConn,
  kOver,
  kParked,
  kPlan,
  kReading,
  kRefed,
  kScope,
  setHolding,
  setReading,
} = require('../connection/connection');
const {
  beginConnection,
  countWrite,
  hasMoved,
  initInFlight,
  kBytesWritten,
  kUnmarked,
  unsentBytes,
} = require('../connection/in-flight');
const options = require('../connection/options');
const { endScope, kHasRef } = require('../connection/scope');
const { kWindow } = require('../connection/write-window');
const errors = require('../errors/node-errors');
const { requestOf } = require('../node/client');
const { nextTick, setImmediate } = require('../node/originals');
const { hasOwnSockets } = require('../node/runtime');
const {
  bytesOf,
  clearPending,
  localEnd,
  pendingBytes,
  remoteEnd,
  setPending,
} = require('../node/socket-fields');
const { HANDLERS, emitClose, kBytesRead, kFinalCallback, kLeaving } = require('./events');
const {
  holdWritten,
  initReplay,
  kAdopt,
  kIdentity,
  kMatches,
  kReplacement,
  kReplayLeft,
} = require('./replay');

const kIsOpen = Symbol('isOpen');
const kReset = Symbol('reset');

// The class for any kind of net.Socket: plain ones, and Node's TLSSocket.
function overConnection(Base) {
  class Connected extends Base {
    constructor(socketOptions) {
      super(socketOptions);
      initConnected(this, socketOptions);
    }

    // --- Connecting ----------------------------------------------------------------------------

    connect() {
      // An agent's socket is made connecting. Node's would begin a new connection here.
      throw errors.alreadyConnected();
    }

    // Node's TLSSocket waits for 'connect' on every net.Socket that has no handle of libuv's, also
    // on one that is connected. No request holds a socket over which TLS begins.
    once(event, listener) {
      super.once(event, listener);
      if (event === 'connect' && this[kIsOpen]() && !requestOf(this) && !this[kParked]) {
        nextTick(() => {
          if (!this.listeners('connect').includes(listener)) return;
          this.removeListener('connect', listener);
          listener.call(this);
        });
      }
      return this;
    }

    // Whether it is connected, by whatever carries it.
    [kIsOpen]() {
      return isOpen(this);
    }

    get pending() {
      return this[kConn] === NO_CONNECTION || this.connecting;
    }

    // --- Events of the connection --------------------------------------------------------------

    // In the async context of the request that holds the socket.
    [kReceive](kind, first, second) {
      this[kScope].runInAsyncScope(HANDLERS[kind], this, first, second);
    }

    [kEnd](conn) {
      if (this[kConn] !== conn) return false;
      this[kOver] = true;
      return true;
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
      clearPending(this);
      const conn = this[kConn];
      if (conn === NO_CONNECTION) {
        callback(errors.socketClosed());
        return;
      }
      this._unrefTimer();
      const length = several
        ? writev(conn, data, this[kUnmarked], this[kWindow])
        : write(conn, data, encoding, this[kUnmarked], this[kWindow]);
      if (this[kReplayLeft] > 0) holdWritten(this, several, data, encoding, Math.abs(length));
      countWrite(this, length, callback);
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
      return this[kBytesWritten] + bytesOf(writableBuffer) + pendingBytes(this);
    }

    // What is on its way counts too where a request has a length: its end is no write of its own
    // when Node's client finds nothing to be sent. Where it goes in chunks it is one, and the client
    // takes this for what it has to wait for.
    get writableLength() {
      const req = requestOf(this);
      if (!req || req.chunkedEncoding) return super.writableLength;
      return Math.max(super.writableLength, unsentBytes(this));
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
      if (isCopy(this)) {
        // It has nothing of its own to give up.
        callback(error);
        nextTick(() => this.emit('close', hadError));
        return;
      }
      const hadNone = this[kConn] === NO_CONNECTION;
      giveUp(this, this[kReset] ? Op.RESET : Op.CLOSE);
      setHolding(this, false);
      this[kReplacement]?.destroy();
      callback(error);
      // A connection closes a turn later, where there is one, be it only looked up yet.
      if (hadNone && !this[kBegun]) {
        nextTick(() => {
          this.emit('close', hadError);
          endScope(this);
        });
      } else {
        setImmediate(emitClose, this, hadError);
      }
    }

    destroySoon() {
      this[kLeaving] = true;
      super.destroySoon();
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

    // Without TLS a server is known by its address alone; over a Unix socket there is none.
    [kIdentity]() {
      return remoteEnd(this)?.address ?? null;
    }

    [kMatches](known) {
      return (remoteEnd(this)?.address ?? null) === known;
    }

    [kAdopt]() {
      beginConnection(this);
    }

    // --- The process's life --------------------------------------------------------------------

    // Where Node's TLS has taken over, its socket does.
    [kHasRef]() {
      return this[kRefed] && this[kConn] !== NO_CONNECTION;
    }

    ref() {
      this[kRefed] = true;
      if (this[kReplacement]) this[kReplacement].ref();
      else if (this[kBegun] && !this.destroyed) setHolding(this, true);
      return this;
    }

    unref() {
      this[kRefed] = false;
      if (this[kReplacement]) this[kReplacement].unref();
      else if (this[kBegun] && !this.destroyed) setHolding(this, false);
      return this;
    }

    // --- Options of the connection -------------------------------------------------------------

    setNoDelay(enable = true) {
      options.setNoDelay(this, Boolean(enable));
      return this;
    }

    setKeepAlive(enable, initialDelay, interval, count) {
      const keepAlive =
        enable !== null && typeof enable === 'object'
          ? options.keepAliveOf(enable.enable, enable.initialDelay, enable.interval, enable.count)
          : options.keepAliveOf(enable, initialDelay, interval, count);
      options.setKeepAlive(this, keepAlive);
      return this;
    }

    setTypeOfService(value) {
      // Node's own checks, on a socket that has no handle and so does nothing else.
      new net.Socket().setTypeOfService(value);
      options.setTypeOfService(this, value);
      return this;
    }

    getTypeOfService() {
      return this[options.kTypeOfService] ?? 0;
    }

    _getsockname() {
      return (this[kConn] !== NO_CONNECTION && localEnd(this)) || {};
    }

    // --- The idle timer ------------------------------------------------------------------------

    _onTimeout() {
      if (hasMoved(this)) {
        this._unrefTimer();
        return;
      }
      this.emit('timeout');
    }
  }

  if (!net.Socket.prototype.setTypeOfService) {
    delete Connected.prototype.setTypeOfService;
    delete Connected.prototype.getTypeOfService;
  }
  giveNone(Connected.prototype);
  if (hasOwnSockets) suitBun(Connected.prototype);
  return Connected;
}

// What one of ours has beyond Node's.
function initConnected(socket, socketOptions) {
  initConnection(socket);
  options.initOptions(socket, socketOptions);
  initReplay(socket);
  socket[kReset] = false;
  socket[kBytesRead] = 0;
  initInFlight(socket);
  socket[kFinalCallback] = null;
  socket[kLeaving] = false;
}

// Once more for a class that has `bytesRead` of its own.
function suitBun(prototype) {
  // Its net.Socket writes in its constructor what is only read elsewhere.
  const bytesRead = Object.getOwnPropertyDescriptor(prototype, 'bytesRead');
  Object.defineProperty(prototype, 'bytesRead', { ...bytesRead, set() {} });
  // Its TLS goes by the handle of any net.Socket that is not a TLS socket, and takes this for one:
  // over those it reads and writes as over any stream.
  prototype[Symbol.for('::buntls::')] ??= () => null;
}

class Socket extends overConnection(net.Socket) {
  /** Who carries the connection. One of Node's, in the same pool, says 'node'. */
  get transport() {
    return 'native';
  }
}

// As net.Socket does it: by a 'connect' listener, so that listeners that were there before (a
// filter of addresses, say) decide before a byte leaves; here those of 'ready' too.
function writeOnceConnected(socket, several, data, encoding, callback) {
  setPending(socket, data, encoding);
  const onClose = () => callback(errors.socketClosedBeforeConnection());
  const write = () => {
    socket.off('close', onClose);
    socket._writeGeneric(several, data, encoding, callback);
  };
  socket.once('connect', () => {
    if (socket.listenerCount('ready') > 0) socket.once('ready', write);
    else write();
  });
  socket.once('close', onClose);
}

module.exports = { Socket, initConnected, kIsOpen, overConnection, suitBun };
