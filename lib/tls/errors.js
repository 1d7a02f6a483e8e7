'use strict';

// TLS failures as Node reports them.

const { getSystemErrorName } = require('node:util');

const { hasOpenssl } = require('../node/runtime');
const { opensslError } = require('./openssl-error');

// 'handshake_failure', 'illegal_parameter', 'protocol_version' and 'insufficient_security': the
// server wants what rustls does not have, and OpenSSL may.
const ALERTS_OF_TASTE = new Set([40, 47, 70, 71]);
const FAULTS_OF_TASTE = new Set([
  'incompatible',
  'misbehaved',
  'badSignature',
  'clientCertificate',
]);

// A server that has nothing in common with rustls should say so by an alert. Some just go away.
const RESETS = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);

// Whether a handshake that failed so may succeed through Node's own transport. `refused`: the
// server has sent nothing but alerts.
function fallsBack(failure) {
  const { kind, alert, refused } = failure;
  if (refused) return true;
  // Only Node's TLS tells at once what it calls a failure; others must meet it themselves.
  if (!hasOpenssl) return kind !== 'eof';
  // OpenSSL's configuration may allow such servers.
  if (kind === 'legacyServer') return reportOf(failure, false) === null;
  return kind === 'alert' ? ALERTS_OF_TASTE.has(alert) : FAULTS_OF_TASTE.has(kind);
}

// Whether such a failure says no more than that the server is not there: it may be the load, and
// not what rustls offers.
function mayBeChance({ kind, refused }) {
  return refused && kind === 'eof';
}

function isReset(errno) {
  return RESETS.has(getSystemErrorName(errno));
}

// { message, fields } of the failures that were met, or null: some dozens at most.
const reports = new Map();

function reportOf(failure, pendingWrite) {
  const { kind, alert, version } = failure;
  const key = `${kind} ${kind === 'alert' ? alert : version} ${pendingWrite}`;
  if (!reports.has(key)) reports.set(key, newReport(failure, pendingWrite));
  return reports.get(key);
}

function newReport(failure, pendingWrite) {
  if (!hasOpenssl) return plainReport(failure);
  try {
    const error = opensslError(failure, pendingWrite);
    return error && { message: error.message, fields: { ...error } };
  } catch {
    // An OpenSSL that may not use some algorithm (FIPS) has no such error.
    return null;
  }
}

function plainReport({ kind, alert }) {
  const what = kind === 'alert' ? `alert ${alert}` : kind;
  return { message: `TLS failed: ${what}`, fields: { code: 'EPROTO' } };
}

// `pendingWrite`: something was written and waits for the handshake, and so it is that write which
// fails. `options` are the connection's, for a stream that ended.
function tlsFailure(failure, { pendingWrite = false, options = {} } = {}) {
  if (failure.kind === 'clientCertificate') return noSignature();
  const report = failure.kind === 'eof' ? null : reportOf(failure, pendingWrite);
  // What Node does not mind, an alert without a meaning, say, is followed by the stream's end.
  return report ? Object.assign(new Error(report.message), report.fields) : disconnected(options);
}

// OpenSSL would sign, or go on without a certificate; so it has no words for it.
function noSignature() {
  const error = new Error('The server accepts no signature that rustls makes with the client key');
  return Object.assign(error, {
    code: 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM',
    library: 'SSL routines',
    reason: 'no suitable signature algorithm',
  });
}

function disconnected({ path, host, port, localAddress }) {
  const error = new Error(
    'Client network socket disconnected before secure TLS connection was established',
  );
  return Object.assign(error, { code: 'ECONNRESET', path, host, port, localAddress });
}

module.exports = { fallsBack, isReset, mayBeChance, tlsFailure };
