'use strict';

// A tls.TLSSocket whose TLS is on the I/O thread. Where the handshake shows that only OpenSSL can
// serve the server, it goes on over a socket of Node's (see ./tls-fallback.js).

const { X509Certificate } = require('node:crypto');
const net = require('node:net');
const tls = require('node:tls');

const { native } = require('./bridge/addon');
const { kReceive } = require('./bridge/events');
const { NO_CONNECTION, kConn, kScope } = require('./connection');
const errors = require('./errors');
const { overConnection } = require('./socket');
const { HANDLERS } = require('./socket-events');
const { cipherInfo, ephemeralKeyInfo, protocolName } = require('./tls/cipher');
const { destroyOver, writeOver } = require('./tls-fallback');
const {
  holdWrite,
  initHandshake,
  kFacts,
  kFallback,
  kHeldFinal,
  kPeer,
  kSecure,
  kSession,
} = require('./tls-handshake');
const { TLS_HANDLERS } = require('./tls-socket-events');

// TLSSocket's constructor would begin OpenSSL; its prototype alone is wanted.
function TlsBase(options) {
  return Reflect.construct(net.Socket, [options], new.target);
}
Object.setPrototypeOf(TlsBase.prototype, tls.TLSSocket.prototype);
Object.setPrototypeOf(TlsBase, tls.TLSSocket);

class TlsSocket extends overConnection(TlsBase) {
  // `secure` is how TLS is to be done: { plan, context, request, options, mayFallBack }.
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
    this._pendingData = null;
    this._pendingEncoding = '';
    const write = { several, data, encoding };
    if (!fallback) {
      holdWrite(this, write, callback);
      return;
    }
    this._unrefTimer();
    writeOver(fallback, write, callback);
  }

  _final(callback) {
    const fallback = this[kFallback];
    if (fallback) fallback.end(callback);
    else if (this.connecting || !this.secureConnecting) super._final(callback);
    else if (this[kConn] === NO_CONNECTION) callback();
    else this[kHeldFinal] = callback;
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

  get pending() {
    return this[kFallback] ? this.connecting : super.pending;
  }

  get bytesRead() {
    return this[kFallback] ? this[kFallback].bytesRead : super.bytesRead;
  }

  get bytesWritten() {
    return this[kFallback] ? this[kFallback].bytesWritten : super.bytesWritten;
  }

  // --- The connection ------------------------------------------------------------------------

  resetAndDestroy() {
    if (!this[kFallback]) return super.resetAndDestroy();
    this[kFallback].resetAndDestroy();
    return this.destroy();
  }

  ref() {
    this[kFallback]?.ref();
    return super.ref();
  }

  unref() {
    this[kFallback]?.unref();
    return super.unref();
  }

  setNoDelay(enable) {
    this[kFallback]?.setNoDelay(enable);
    return super.setNoDelay(enable);
  }

  setKeepAlive(...args) {
    this[kFallback]?.setKeepAlive(...args);
    return super.setKeepAlive(...args);
  }

  // --- TLS -----------------------------------------------------------------------------------

  getProtocol() {
    return tell(this, 'getProtocol', [], ({ minor }) => protocolName(minor), 'TLSv1.3');
  }

  getCipher() {
    return tell(this, 'getCipher', [], cipherInfo);
  }

  getEphemeralKeyInfo() {
    return tell(this, 'getEphemeralKeyInfo', [], ephemeralKeyInfo, {});
  }

  isSessionReused() {
    return tell(this, 'isSessionReused', [], ({ resumed }) => resumed, false);
  }

  getPeerCertificate(detailed) {
    return tell(this, 'getPeerCertificate', [detailed], () => this[kPeer].legacy(detailed), {});
  }

  getPeerX509Certificate() {
    return tell(this, 'getPeerX509Certificate', [], () => this[kPeer].x509()) ?? undefined;
  }

  getCertificate() {
    return tell(this, 'getCertificate', [], () => ownCertificate(this)?.toLegacyObject() ?? {}, {});
  }

  getX509Certificate() {
    return tell(this, 'getX509Certificate', [], () => ownCertificate(this)) ?? undefined;
  }

  getSession() {
    return tell(this, 'getSession', [], () => this[kSession]);
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
    return askNode(this, 'setMaxSendFragment', args, { setMaxSendFragment: () => 0 });
  }

  renegotiate(...args) {
    return askNode(this, 'renegotiate', args, {
      setVerifyMode() {},
      renegotiate() {
        throw errors.noRenegotiation();
      },
    });
  }

  // The handshake has begun with what its options said.
  setServername(...args) {
    askNode(this, 'setServername', args, { setServername() {} });
  }

  setSession(session) {
    if (this[kFallback]) this[kFallback].setSession(session);
  }

  setKeyCert() {}

  enableTrace() {
    if (this[kFallback]) this[kFallback].enableTrace();
  }
}

// What a socket of Node's says by `method`: `known` of the handshake's facts once there are any,
// `unknown` before, and null when the connection is gone.
function tell(socket, method, args, known, unknown = undefined) {
  const fallback = socket[kFallback];
  if (fallback) return fallback[method](...args);
  if (socket[kConn] === NO_CONNECTION) return null;
  return socket[kFacts] ? known(socket[kFacts]) : unknown;
}

// Node's own method, with its own checks, over what stands for a handle of its TLS.
function askNode(socket, method, args, handle) {
  const target = socket[kFallback] ?? {
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
  const certificate = socket[kSecure].plan.context.certificate;
  return certificate ? new X509Certificate(certificate.chain[0]) : undefined;
}

module.exports = { TlsSocket };
