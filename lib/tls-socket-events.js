'use strict';

// What TLS on the I/O thread says, as a TLSSocket shows it. Each handler runs on the socket.

const { native } = require('./bridge/addon');
const { Op, command } = require('./bridge/commands');
const { Kind } = require('./bridge/events');
const { kConn } = require('./connection');
const { kWriteCallback } = require('./socket-events');
const { PeerCertificates } = require('./tls/peer-certificate');
const { makeToken } = require('./tls/session-token');
const { fallsBack, tlsFailure } = require('./tls/tls-errors');
const { chainError, judgeIdentity, labelChain } = require('./tls/verdict');
const { fallBack } = require('./tls-fallback');
const { kFacts, kPeer, kSecure, kSession, releaseHeld } = require('./tls-handshake');

// By the numbers of src/bridge/records.rs. A verdict that is a code refuses the server.
const TRUSTED = 0;
const IDENTITY = 1;
const UNKNOWN = 6;
const UNDECIDED = 7;

// Beside the verdict in the event's first word.
const RESUMED = 1 << 10;
const ALPN = 1 << 11;
const SESSION = 1 << 12;

const VERDICTS = [
  null,
  null,
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
];

const FAILURES = [
  'alert',
  'eof',
  'notTls',
  'unexpectedMessage',
  'lengthMismatch',
  'tooLong',
  'badMac',
  'badRecord',
  'incompatible',
  'misbehaved',
  'badSignature',
  'badType',
  'other',
];

// By the event's kind.
const TLS_HANDLERS = [];
TLS_HANDLERS[Kind.SECURED] = function onSecured([flags, suiteAndGroup, low, high]) {
  if (this.destroyed) return;
  const { plan } = this[kSecure];
  const conn = this[kConn];
  const verdict = flags & 0xff;
  const facts = {
    minor: (flags >> 8) & 0b11,
    resumed: (flags & RESUMED) !== 0,
    suite: suiteAndGroup & 0xffff,
    group: suiteAndGroup >>> 16,
  };
  const peer = new PeerCertificates(native.certificates(conn), plan.context.roots);
  if (this.listenerCount('keylog') > 0) {
    for (const line of native.keyLog(conn)) this.emit('keylog', Buffer.from(line));
  }
  if (this.destroyed) return;
  this[kFacts] = facts;
  this[kPeer] = peer;

  const judged = judge(this, verdict, facts);
  if (judged === UNDECIDED) {
    this[kFacts] = null;
    fallBack(this, null);
    return;
  }
  this.alpnProtocol = flags & ALPN ? native.alpn(conn) : false;
  this.servername = plan.serverName ?? false;
  this.authorized = judged === null;
  if (judged) {
    this.authorizationError = judged.code || judged.message;
    if (plan.rejectUnauthorized) {
      this.destroy(judged);
      return;
    }
  }
  if (verdict !== TRUSTED) command(Op.PROCEED, conn);
  const id = idOf(low, high);
  if (id > 0) this[kSession] = tokenOf(this, id);
  else if (facts.resumed) this[kSession] = this[kSecure].session;
  this.secureConnecting = false;
  this.emit('secureConnect');
  if (flags & SESSION && !this.destroyed) this.emit('session', this[kSession]);
  this.emit('secure');
  releaseHeld(this);
};

TLS_HANDLERS[Kind.SESSIONS] = function onSessions([low, high, count]) {
  if (this.destroyed) return;
  this[kSession] = tokenOf(this, idOf(low, high));
  for (let left = count; left > 0 && !this.destroyed; left--) this.emit('session', this[kSession]);
};

TLS_HANDLERS[Kind.TLS_FAILED] = function onTlsFailed([kindNumber, phase]) {
  if (this.destroyed) return;
  const kind = FAILURES[kindNumber];
  const alert = phase & 0xff;
  const minor = (phase >> 8) & 0xff;
  const handshaking = phase >> 16 !== 0;
  const callback = this[kWriteCallback];
  const error = tlsFailure(
    { kind, alert, version: minor ? `TLSv1.${minor}` : null },
    { pendingWrite: Boolean(callback), options: this[kSecure].options },
  );
  if (handshaking && fallsBack(kind, alert) && this[kSecure].mayFallBack) {
    fallBack(this, error);
  } else if (error.code === 'ECONNRESET') {
    // The stream ends as any other, and that is the error; Node's client makes none of its own then.
    if (handshaking) {
      this.prependOnceListener('end', () => {
        this._hadError = true;
        this.destroy(error);
      });
    }
    this.push(null);
    this.read(0);
  } else if (callback) {
    this[kWriteCallback] = null;
    callback(error);
  } else if (handshaking) {
    this.destroy(error);
  } else {
    // Node leaves it to the listener to give up the socket, and its connection is of no use.
    this.emit('error', error);
    this.destroy();
  }
};

function idOf(low, high) {
  return high * 2 ** 32 + (low >>> 0);
}

// A server that was accepted although nobody vouches for it stays that when it is met again.
function tokenOf(socket, id) {
  return makeToken(socket[kSecure].plan.identity, id, socket.authorizationError ?? '');
}

// The error that makes the server unauthorized, null, or UNDECIDED.
function judge(socket, verdict, facts) {
  const { plan, mayFallBack } = socket[kSecure];
  const peer = socket[kPeer];
  if (facts.resumed) return resumedError(socket[kSecure]);
  if (verdict === TRUSTED) return null;
  if (verdict === IDENTITY) {
    return judgeIdentity(peer, plan.identity, plan.checkServerIdentity) ?? null;
  }
  const code = verdict === UNKNOWN ? labelChain(peer, plan.context.roots) : VERDICTS[verdict];
  if (code) return chainError(code);
  return mayFallBack ? UNDECIDED : chainError('UNSPECIFIED');
}

function resumedError({ authorizationError }) {
  if (!authorizationError) return null;
  return Object.assign(new Error(authorizationError), { code: authorizationError });
}

module.exports = { TLS_HANDLERS };
