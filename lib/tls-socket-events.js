'use strict';

// What TLS on the I/O thread says, as a TLSSocket shows it. Each handler runs on the socket.

const { native } = require('./bridge/addon');
const { Op, command } = require('./bridge/commands');
const { Kind } = require('./bridge/events');
const { kConn } = require('./connection');
const { runAll } = require('./run-all');
const { HANDLERS, isLeaving, kWriteCallback } = require('./socket-events');
const { makeToken } = require('./tls/session-token');
const { fallsBack, tlsFailure } = require('./tls/tls-errors');
const { chainError, judgeIdentity, labelChain } = require('./tls/verdict');
const { fallBack } = require('./tls-fallback');
const { kFacts, kSession, peerOf, releaseHeld, secureOf } = require('./tls-handshake');

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
TLS_HANDLERS[Kind.CONNECTED] = function onConnected(detail) {
  try {
    HANDLERS[Kind.CONNECTED].call(this, detail);
  } finally {
    // Who listens for 'connect' may have judged the address: the handshake begins behind them.
    if (!this.destroyed) command(Op.PROCEED, this[kConn]);
  }
};

TLS_HANDLERS[Kind.SECURED] = function onSecured([flags, suiteAndGroup, low, high]) {
  if (this.destroyed) return;
  const facts = {
    minor: (flags >> 8) & 0b11,
    resumed: (flags & RESUMED) !== 0,
    suite: suiteAndGroup & 0xffff,
    group: suiteAndGroup >>> 16,
  };
  const lines = this.listenerCount('keylog') > 0 ? native.keyLog(this[kConn]) : [];
  runAll([
    ...lines.map((line) => () => this.emit('keylog', Buffer.from(line))),
    () => finishHandshake(this, flags, facts, idOf(low, high)),
  ]);
};

TLS_HANDLERS[Kind.SESSIONS] = function onSessions([low, high, count]) {
  if (this.destroyed) return;
  this[kSession] = tokenOf(this, idOf(low, high));
  runAll(Array.from({ length: count }, () => () => this.emit('session', this[kSession])));
};

TLS_HANDLERS[Kind.TLS_FAILED] = function onTlsFailed([kindNumber, phase]) {
  if (this.destroyed) return;
  if (isLeaving(this)) {
    this.destroy();
    return;
  }
  const kind = FAILURES[kindNumber];
  const alert = phase & 0xff;
  const minor = (phase >> 8) & 0xff;
  const handshaking = phase >> 16 !== 0;
  const callback = this[kWriteCallback];
  const error = tlsFailure(
    { kind, alert, version: minor ? `TLSv1.${minor}` : null },
    { pendingWrite: Boolean(callback), options: secureOf(this).options },
  );
  if (handshaking && fallsBack(kind, alert) && secureOf(this).mayFallBack) {
    fallBack(this, error);
  } else if (error.code === 'ECONNRESET') {
    // The stream ends as any other, and that is the error; Node's client makes none of its own
    // then.
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
    try {
      this.emit('error', error);
    } finally {
      this.destroy();
    }
  }
};

// The server is judged, and the program told.
function finishHandshake(socket, flags, facts, id) {
  if (socket.destroyed) return;
  const conn = socket[kConn];
  const { plan, session } = secureOf(socket);
  const verdict = flags & 0xff;
  const alpn = flags & ALPN ? native.alpn(conn) : false;
  socket[kFacts] = facts;
  const judged = judge(socket, verdict, facts);
  if (judged === UNDECIDED) {
    socket[kFacts] = null;
    fallBack(socket, null);
    return;
  }
  socket._secureEstablished = true;
  socket.alpnProtocol = alpn;
  socket.servername = plan.serverName ?? false;
  socket.authorized = judged === null;
  if (judged) {
    socket.authorizationError = judged.code || judged.message;
    if (plan.rejectUnauthorized) {
      socket.destroy(judged);
      // Of the handshake, not of the server: Node says it all the same.
      socket.emit('secure');
      return;
    }
  }
  if (verdict !== TRUSTED && !socket.destroyed) command(Op.PROCEED, conn);
  if (id > 0) socket[kSession] = tokenOf(socket, id);
  else if (facts.resumed) socket[kSession] = session;
  socket.secureConnecting = false;
  runAll([
    () => socket.emit('secureConnect'),
    () => flags & SESSION && socket.emit('session', socket[kSession]),
    () => socket.emit('secure'),
    () => releaseHeld(socket),
  ]);
}

function idOf(low, high) {
  return high * 2 ** 32 + (low >>> 0);
}

// A server that was accepted although nobody vouches for it stays that when it is met again.
function tokenOf(socket, id) {
  return makeToken(secureOf(socket).plan.identity, id, socket.authorizationError ?? '');
}

// The error that makes the server unauthorized, null, or UNDECIDED.
function judge(socket, verdict, facts) {
  const secure = secureOf(socket);
  const { plan, mayFallBack } = secure;
  if (facts.resumed) return resumedError(secure);
  if (verdict === TRUSTED) return null;
  if (verdict === IDENTITY) {
    return askForIdentity(socket, plan);
  }
  const code =
    verdict === UNKNOWN ? labelChain(peerOf(socket), plan.context.roots) : VERDICTS[verdict];
  if (code) return chainError(code);
  // Node's own socket would end the process over some chains that OpenSSL accepts.
  return mayFallBack && peerOf(socket).isShowable ? UNDECIDED : chainError('UNSPECIFIED');
}

function askForIdentity(socket, { identity, checkServerIdentity }) {
  try {
    return judgeIdentity(peerOf(socket), identity, checkServerIdentity) ?? null;
  } catch (error) {
    // Nobody has vouched for the server: it must not get the request.
    socket.destroy(error);
    throw error;
  }
}

function resumedError({ authorizationError }) {
  if (!authorizationError) return null;
  return Object.assign(new Error(authorizationError), { code: authorizationError });
}

module.exports = { TLS_HANDLERS };
