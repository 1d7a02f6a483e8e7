'use strict';

// A tls.TLSSocket whose TLS is on the I/O thread. Where the handshake shows that only OpenSSL can
// serve the server, it goes on over a socket of Node's (see ./fallback.js).

const { X509Certificate } = require('node:crypto');
const net = require('node:net');
const tls = require('node:tls');

const { native } = require('../bridge/addon');
const { kReceive } = require('../bridge/events');
const { NO_CONNECTION, kConn, kRefed, kScope } = require('../connection/connection');
const errors = require('../errors/node-errors');
const { nextTick } = require('../node/originals');
const { hasOpenssl, hasOwnSockets } = require('../node/runtime');
const { clearPending, setPending } = require('../node/socket-fields');
const { HANDLERS } = require('../socket/events');
const { kAdopt, kIdentity, kMatches, kReplayOver } = require('../socket/replay');
const { kIsOpen, overConnection, suitBun } = require('../socket/socket');
const { cipherInfo, ephemeralKeyInfo, protocolName } = require('../tls/cipher');
const { TLS_HANDLERS } = require('./events');
const { destroyOver, endOver, replayOver, writeOver } = require('./fallback');
const {
  adoptHandshake,
  giveSession,
  holdWrite,
  initHandshake,
  kFacts,
  kFallback,
  peerOf,
  secureOf,
} = require('./handshake');

// TLSSocket's constructor would begin OpenSSL; its prototype alone is wanted. By a class, and not
// by Reflect.construct(), the engine gives all sockets the same shape.
class TlsBase extends net.Socket {}
Object.setPrototypeOf(TlsBase.prototype, tls.TLSSocket.prototype);

class TlsSocket extends overConnection(TlsBase) {
  // As logs and libraries know it, by `constructor.name`.
  static name = 'TLSSocket';

  // `secure` is how TLS is to be done: the plan, the options that it was made of, whether Node's
  // TLS may take over, and the token of the session to resume with what was wrong with its server.
  constructor(secure, options) {
    super(options);
    initHandshake(this, secure);
  }

  /** Which TLS serves the connection: 'rustls', or 'node' for Node's own. */
  get transport() {
    return this[kFallback] ? 'node' : 'rustls';
  }

  [kReceive](kind, first, second) {
    this[kScope].runInAsyncScope(TLS_HANDLERS[kind] ?? HANDLERS[kind], this, first, second);
  }

  // --- The stream ----------------------------------------------------------------------------

  _writeGeneric(several, data, encoding, callback) {
    const fallback = this[kFallback];
    if (this.connecting || !(fallback || this.secureConnecting)) {
      super._writeGeneric(several, data, encoding, callback);
      return;
    }
    const write = { several, data, encoding };
    if (!fallback) {
      // What is held counts as written, as it does where Node's TLS holds it.
      setPending(this, data, encoding);
      holdWrite(this, write, callback);
      return;
    }
    clearPending(this);
    this._unrefTimer();
    writeOver(fallback, write, callback);
  }

  _final(callback) {
    if (this[kFallback]) endOver(this[kFallback], callback);
    else super._final(callback);
  }

  _read() {
    if (this[kFallback]) this[kFallback].resume();
    else super._read();
  }

  _destroy(error, callback) {
    const fallback = this[kFallback];
    if (fallback) destroyOver(this, fallback, error, callback);
    else super._destroy(error, callback);
  }

  [kIsOpen]() {
    const fallback = this[kFallback];
    return fallback ? !fallback.pending : super[kIsOpen]();
  }

  get pending() {
    return this[kFallback] ? this[kFallback].pending : super.pending;
  }

  get bytesRead() {
    return this[kFallback] ? this[kFallback].bytesRead : super.bytesRead;
  }

  get bytesWritten() {
    return this[kFallback] ? this[kFallback].bytesWritten : super.bytesWritten;
  }

  get bufferSize() {
    return this[kFallback] ? this[kFallback].bufferSize : super.bufferSize;
  }

  _getsockname() {
    return this[kFallback] ? this[kFallback]._getsockname() : super._getsockname();
  }

  _getpeername() {
    return this[kFallback] ? this[kFallback]._getpeername() : super._getpeername();
  }

  // --- The connection ------------------------------------------------------------------------

  // Node knows it of plain TCP alone.
  resetAndDestroy() {
    const fallback = this[kFallback];
    const isClosed = fallback ? fallback.destroyed : this.pending && !this.connecting;
    if (isClosed) return super.resetAndDestroy();
    throw errors.invalidHandleType();
  }

  // Node's own socket is what holds the process then.
  ref() {
    if (!this[kFallback]) return super.ref();
    this[kRefed] = true;
    this[kFallback].ref();
    return this;
  }

  unref() {
    if (!this[kFallback]) return super.unref();
    this[kRefed] = false;
    this[kFallback].unref();
    return this;
  }

  setNoDelay(enable) {
    this[kFallback]?.setNoDelay(enable);
    return super.setNoDelay(enable);
  }

  setKeepAlive(...args) {
    this[kFallback]?.setKeepAlive(...args);
    return super.setKeepAlive(...args);
  }

  setTypeOfService(value) {
    super.setTypeOfService(value);
    this[kFallback]?.setTypeOfService(value);
    return this;
  }

  [kIdentity]() {
    return native.serverCertificate(this[kConn]);
  }

  [kMatches](known) {
    return Boolean(known && this[kIdentity]()?.equals(known));
  }

  [kReplayOver](exchange, surface) {
    replayOver(this, exchange, surface);
  }

  [kAdopt](inner) {
    super[kAdopt](inner);
    adoptHandshake(this, inner);
  }

  // --- TLS -----------------------------------------------------------------------------------

  getProtocol() {
    return tell(this, 'getProtocol', [], ({ minor }) => protocolName(minor), 'TLSv1.3');
  }

  getCipher() {
    return tell(this, 'getCipher', [], cipherInfo);
  }

  getEphemeralKeyInfo() {
    // Node 24 and 26 end the process where OpenSSL is asked too early.
    if (this.secureConnecting && this[kFallback]) return {};
    return tell(this, 'getEphemeralKeyInfo', [], ephemeralKeyInfo, {});
  }

  isSessionReused() {
    return tell(this, 'isSessionReused', [], ({ resumed }) => resumed, false);
  }

  getPeerCertificate(detailed) {
    return tell(this, 'getPeerCertificate', [detailed], () => peerOf(this).legacy(detailed), {});
  }

  getPeerX509Certificate() {
    return tell(this, 'getPeerX509Certificate', [], () => peerOf(this).x509()) ?? undefined;
  }

  getCertificate() {
    const own = () => ownCertificate(this)?.toLegacyObject() ?? {};
    return tell(this, 'getCertificate', [], own, own);
  }

  getX509Certificate() {
    const own = () => ownCertificate(this);
    return tell(this, 'getX509Certificate', [], own, own) ?? undefined;
  }

  getSession() {
    return tell(this, 'getSession', [], () => giveSession(this));
  }

  getSharedSigalgs() {
    return tell(this, 'getSharedSigalgs', [], () => [], []);
  }

  // rustls keeps these to itself.
  getTLSTicket() {
    return tell(this, 'getTLSTicket', [], () => undefined);
  }

  getFinished() {
    return tell(this, 'getFinished', [], () => undefined);
  }

  getPeerFinished() {
    return tell(this, 'getPeerFinished', [], () => undefined);
  }

  exportKeyingMaterial(...args) {
    const conn = this[kConn];
    return askNode(this, 'exportKeyingMaterial', args, {
      exportKeyingMaterial: (length, label, context) =>
        native.exportKeyingMaterial(conn, length, label, context) ?? throwRefusal(),
    });
  }

  setMaxSendFragment(...args) {
    return askNode(this, 'setMaxSendFragment', args, { setMaxSendFragment: () => 0 }, () => false);
  }

  renegotiate(...args) {
    return askNode(
      this,
      'renegotiate',
      args,
      {
        setVerifyMode() {},
        renegotiate() {
          throw errors.noRenegotiation();
        },
      },
      (_, callback) => {
        if (callback) nextTick(callback, errors.noRenegotiation());
        return false;
      },
    );
  }

  // The handshake has begun with what its options said.
  setServername(...args) {
    askNode(this, 'setServername', args, { setServername() {} }, () => {});
  }

  setSession(session) {
    if (this[kFallback]) this[kFallback].setSession(session);
  }

  setKeyCert() {}

  enableTrace() {
    if (this[kFallback]) this[kFallback].enableTrace();
  }

  // What Node's own does with the handle that this one does not have.

  _init() {}

  _start() {}

  _wrapHandle() {
    return null;
  }

  _destroySSL() {}
}

if (hasOwnSockets) suitBun(TlsSocket.prototype);
if (!net.Socket.prototype.setTypeOfService) delete TlsSocket.prototype.setTypeOfService;

// What a socket of Node's says by `method`: `known` of the handshake's facts once there are any,
// `unknown` before (or what it returns), and null when the connection is gone.
function tell(socket, method, args, known, unknown = undefined) {
  const fallback = socket[kFallback];
  if (fallback) return fallback[method](...args);
  if (socket[kConn] === NO_CONNECTION) return null;
  const facts = socket[kFacts];
  if (facts) return known(facts);
  return typeof unknown === 'function' ? unknown() : unknown;
}

// Node's own method, with its own checks, over what stands for a handle of its TLS; `plain` answers
// where the methods of the runtime are none of Node's.
function askNode(socket, method, args, handle, plain = handle[method]) {
  const fallback = socket[kFallback];
  if (!hasOpenssl) return fallback ? fallback[method]?.(...args) : plain(...args);
  const target = fallback ?? {
    destroyed: socket.destroyed,
    write() {},
    _tlsOptions: {},
    _secureEstablished: socket[kFacts] !== null && socket[kConn] !== NO_CONNECTION,
    _handle: handle,
  };
  return tls.TLSSocket.prototype[method].apply(target, args);
}

function throwRefusal() {
  throw errors.keyingMaterialRefused();
}

function ownCertificate(socket) {
  const certificate = secureOf(socket).plan.context.certificate;
  return certificate ? new X509Certificate(certificate.chain[0]) : undefined;
}

module.exports = { TlsSocket };
