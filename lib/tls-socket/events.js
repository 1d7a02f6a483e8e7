'use strict';

// What TLS on the I/O thread says, as a TLSSocket shows it. Each handler runs on the socket.

const { Buffer } = require('node:buffer');

const { native } = require('../bridge/addon');
const { command } = require('../bridge/commands');
const { Failed, Failure, Kind, Op, Secured, TlsFailed, Verdict } = require('../bridge/protocol');
const { kConn } = require('../connection/connection');
const { kWriteCallback } = require('../connection/in-flight');
const errors = require('../errors/node-errors');
const { runAll } = require('../errors/run-all');
const { renegotiates } = require('../node/runtime');
const { markEstablished } = require('../node/tls-socket');
const { HANDLERS, isLeaving } = require('../socket/events');
const { holdFirst } = require('../socket/replay');
const { fallsBack, isReset, mayBeChance, tlsFailure } = require('../tls/errors');
const { noteServed, remember } = require('../tls/node-origins');
const { chainError, identityFault, judgeIdentity, labelChain } = require('../tls/verdict');
const { isSound } = require('../tls/vetting');
const { failAtEnd, fallBack, replayByNode } = require('./fallback');
const {
  kFacts,
  kSession,
  peerOf,
  releaseHeld,
  secureOf,
  sessionEvents,
  setSession,
} = require('./handshake');

// The verdicts that refuse the server for what OpenSSL calls so.
const CODES = new Map([
  [Verdict.EXPIRED, 'CERT_HAS_EXPIRED'],
  [Verdict.NOT_YET_VALID, 'CERT_NOT_YET_VALID'],
  [Verdict.PURPOSE, 'INVALID_PURPOSE'],
  [Verdict.PATH_LENGTH, 'PATH_LENGTH_EXCEEDED'],
]);

// By their numbers: 'notTls' for NOT_TLS.
const FAILURES = [];
for (const [name, number] of Object.entries(Failure)) {
  FAILURES[number] = name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

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
    minor: (flags >> Secured.MINOR) & 0b11,
    resumed: (flags & Secured.RESUMED) !== 0,
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
  setSession(this, idOf(low, high));
  runAll(sessionEvents(this, count));
};

TLS_HANDLERS[Kind.TLS_FAILED] = function onTlsFailed([number, phase]) {
  if (this.destroyed) return;
  if (isLeaving(this)) {
    this.destroy();
    return;
  }
  const kind = FAILURES[number];
  const alert = phase & TlsFailed.ALERT;
  const minor = (phase >> TlsFailed.MINOR) & 0xff;
  const handshaking = (phase & TlsFailed.HANDSHAKING) !== 0;
  const refused = (phase & TlsFailed.REFUSED) !== 0;
  const failure = { kind, alert, version: minor ? `TLSv1.${minor}` : null, refused };
  const callback = this[kWriteCallback];
  const error = tlsFailure(failure, {
    pendingWrite: Boolean(callback),
    options: secureOf(this).options,
  });
  if (handshaking && fallsBack(failure) && secureOf(this).mayFallBack) {
    fallBack(this, error, mayBeChance(failure));
  } else if (error.code === 'ECONNRESET') {
    if (handshaking) failAtEnd(this, error);
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

TLS_HANDLERS[Kind.FAILED] = function onFailed(errno, how) {
  const writing = (how & Failed.WRITING) !== 0;
  const mayFallBack = (how & Failed.REFUSED) !== 0 && isReset(errno) && !isLeaving(this);
  if (mayFallBack && !this.destroyed && secureOf(this).mayFallBack) {
    fallBack(this, errors.errnoException(errno, writing ? 'write' : 'read'), true);
  } else {
    HANDLERS[Kind.FAILED].call(this, errno, writing);
  }
};

// rustls declines, and some servers go on all the same. Most don't.
TLS_HANDLERS[Kind.HELLO_REQUEST] = function onHelloRequest() {
  const { plan, options, mayFallBack } = secureOf(this);
  if (this.destroyed || !mayFallBack || !renegotiates) return;
  remember(plan, options);
  replayByNode(this);
};

// The server is judged, and the program told.
function finishHandshake(socket, flags, facts, id) {
  if (socket.destroyed) return;
  const conn = socket[kConn];
  const { plan, options, session, mayFallBack } = secureOf(socket);
  const mayRenegotiate = facts.minor === 2 && mayFallBack && renegotiates;
  // It may ask for the certificate when it has seen what is requested. Then it would be too late.
  const isUnasked = plan.context.certificate && !facts.resumed && !(flags & Secured.ASKED);
  if (mayRenegotiate && isUnasked) {
    fallBack(socket, null);
    return;
  }
  const verdict = flags & Secured.VERDICT;
  const alpn = flags & Secured.ALPN ? native.alpn(conn) : false;
  socket[kFacts] = facts;
  const isNew = (flags & Secured.UNVETTED) !== 0;
  const judged = isNew && !vet(socket) ? undecided(socket) : judge(socket, verdict, facts);
  if (judged === Verdict.UNDECIDED) {
    socket[kFacts] = null;
    fallBack(socket, null);
    return;
  }
  markEstablished(socket);
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
  if ((verdict !== Verdict.TRUSTED || isNew) && !socket.destroyed) command(Op.PROCEED, conn);
  if (id > 0) setSession(socket, id);
  else if (facts.resumed) socket[kSession] = session;
  socket.secureConnecting = false;
  if (mayFallBack) noteServed(plan, options);
  if (mayRenegotiate) holdFirst(socket);
  runAll([
    () => socket.emit('secureConnect'),
    () => flags & Secured.SESSION && runAll(sessionEvents(socket, 1)),
    () => socket.emit('secure'),
    () => releaseHeld(socket),
  ]);
}

function idOf(low, high) {
  return high * 2 ** 32 + (low >>> 0);
}

// The error that makes the server unauthorized, null, or Verdict.UNDECIDED. Of one that the program
// puts up with it sees the code alone: then there is no more to it.
function judge(socket, verdict, facts) {
  const secure = secureOf(socket);
  const { plan } = secure;
  if (facts.resumed) return resumedError(secure);
  if (verdict === Verdict.TRUSTED) return null;
  if (verdict === Verdict.IDENTITY) return judgeName(socket, plan);
  const code =
    verdict === Verdict.UNKNOWN
      ? labelChain(peerOf(socket), plan.context.roots)
      : CODES.get(verdict);
  if (!code) return undecided(socket);
  return plan.rejectUnauthorized ? chainError(code) : { code };
}

function judgeName(socket, plan) {
  if (plan.checkServerIdentity === null) {
    const code = identityFault(peerOf(socket), plan.identity);
    if (code === null) return null;
    if (!plan.rejectUnauthorized) return { code };
  }
  return askForIdentity(socket, plan);
}

// Whether OpenSSL finds nothing to refuse in certificates that it has not seen before.
function vet(socket) {
  const conn = socket[kConn];
  const path = native.unvettedPath(conn);
  if (path === null) return true;
  if (!isSound(path, peerOf(socket).certificates)) return false;
  native.vet(conn);
  return true;
}

function undecided(socket) {
  // Node's own socket would end the process over some chains that OpenSSL accepts.
  return secureOf(socket).mayFallBack && peerOf(socket).isShowable
    ? Verdict.UNDECIDED
    : chainError('UNSPECIFIED');
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
  // It resumes no such session where it demands more.
  return authorizationError ? { code: authorizationError } : null;
}

module.exports = { TLS_HANDLERS };
