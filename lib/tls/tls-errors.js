'use strict';

// TLS failures as Node reports them.

const { hasOpenssl } = require('../runtime');
const { rehearse } = require('./rehearsal');

// 'handshake_failure', 'illegal_parameter', 'protocol_version' and 'insufficient_security': the
// server wants what rustls does not have, and OpenSSL may.
const ALERTS_OF_TASTE = new Set([40, 47, 70, 71]);
const FAULTS_OF_TASTE = new Set(['incompatible', 'misbehaved', 'badSignature']);

// Whether a handshake that failed so may succeed through Node's own transport.
function fallsBack(kind, alert) {
  // Only Node's TLS tells at once what it calls a failure; others must meet it themselves.
  if (!hasOpenssl) return kind !== 'eof';
  return kind === 'alert' ? ALERTS_OF_TASTE.has(alert) : FAULTS_OF_TASTE.has(kind);
}

// { message, fields } of the failures that were met, or null: some dozens at most.
const reports = new Map();

function reportOf(failure, pendingWrite) {
  const { kind, alert, version } = failure;
  const key = `${kind} ${kind === 'alert' ? alert : version} ${pendingWrite}`;
  if (!reports.has(key)) reports.set(key, rehearsed(failure, pendingWrite));
  return reports.get(key);
}

function rehearsed(failure, pendingWrite) {
  if (!hasOpenssl) return plainReport(failure);
  try {
    const error = rehearse(failure, pendingWrite);
    return error && { message: error.message, fields: { ...error } };
  } catch {
    // An OpenSSL that may not use some algorithm (FIPS) cannot rehearse with it.
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
  const report = failure.kind === 'eof' ? null : reportOf(failure, pendingWrite);
  // What Node does not mind, an alert without a meaning, say, is followed by the stream's end.
  return report ? Object.assign(new Error(report.message), report.fields) : disconnected(options);
}

function disconnected({ path, host, port, localAddress }) {
  const error = new Error(
    'Client network socket disconnected before secure TLS connection was established',
  );
  return Object.assign(error, { code: 'ECONNRESET', path, host, port, localAddress });
}

module.exports = { fallsBack, tlsFailure };
