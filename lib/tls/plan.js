'use strict';

// The options of tls.connect(), as rustls takes them.

const net = require('node:net');
const process = require('node:process');
const tls = require('node:tls');

const { Cause } = require('../errors/node-causes');
const { hasFlag } = require('../node/process-start');
const { hasOpenssl } = require('../node/runtime');
const nodeTls = require('../node/tls');
const { clientHello } = require('./client-hello');
const { CONTEXT_OPTIONS, readContext } = require('./context');
const { optionBeyondDefault } = require('./default-hello');
const { isToken } = require('./session-token');

// What rustls can't do, or only Node's own socket.
const NODE_ONLY = [
  'allowPartialTrustChain',
  'enableTrace',
  'isServer',
  'onread',
  'pskCallback',
  'requestOCSP',
  'secureContext',
  'socket',
];

// The same, where any value but null and undefined says something.
const NODE_ONLY_IF_GIVEN = [
  'certificateCompression',
  'clientCertEngine',
  'crl',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
];

// What a plan tells of the connection itself.
const CONNECTION_OPTIONS = [
  'checkServerIdentity',
  'host',
  'rejectUnauthorized',
  'servername',
  'session',
];

const READ = [...CONTEXT_OPTIONS, ...NODE_ONLY, ...NODE_ONLY_IF_GIVEN, ...CONNECTION_OPTIONS];

// Frees a context early; without a meaning here.
const IGNORED = ['singleUse'];

const LABEL = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
const NAME_MAX = 253;

const isOwn = Object.prototype.propertyIsEnumerable;

let unknown = null;
let hasWarned = false;

/**
 * { nodeOnly } where Node's own transport must serve the connection: an option's name or a phrase.
 * Otherwise { context, serverName, identity, alpn, checkServerIdentity, rejectUnauthorized,
 * session }. Throws Node's own errors for wrong options.
 */
function planTls(options) {
  if (nodeTls.isContextReplaced()) return { nodeOnly: Cause.SECURE_CONTEXT };
  unknown ??= unknownOptions();
  const given = {};
  for (const name of READ) copyOwn(given, options, name);
  for (const name of unknown) copyOwn(given, options, name);
  const nodeOnly = unservedOption(given) ?? unservedName(given) ?? unservedHello(given);
  if (nodeOnly !== null) return { nodeOnly };
  const rejectUnauthorized = rejects(given);
  const reading = readContext(given);
  if (reading.nodeOnly !== undefined) return reading;
  return {
    context: reading.context,
    serverName: given.servername || null,
    identity: identityOf(given),
    alpn: reading.alpn,
    checkServerIdentity: ownIdentityCheck(given),
    rejectUnauthorized,
    session: given.session || null,
  };
}

// As Node does: what an options object inherits does not count.
function copyOwn(given, options, name) {
  if (isOwn.call(options, name)) given[name] = options[name];
}

// What a Node newer than this module reads, and the plan does not know.
function unknownOptions() {
  const known = new Set([...READ, ...IGNORED]);
  return nodeTls.contextOptions().filter((name) => !known.has(name));
}

function unservedOption(given) {
  for (const name of NODE_ONLY) {
    if (given[name]) return name;
  }
  for (const name of NODE_ONLY_IF_GIVEN) {
    if (given[name] !== undefined && given[name] !== null) return name;
  }
  for (const name of unknown) {
    if (given[name] !== undefined && given[name] !== null) return name;
  }
  if (hasFlag(Cause.TRACE_TLS)) return Cause.TRACE_TLS;
  if (given.session && !isToken(given.session)) return 'session';
  if (typeof identityCheck(given) !== 'function') {
    clientHello({ ca: [], checkServerIdentity: identityCheck(given) });
    return 'checkServerIdentity';
  }
  return null;
}

// Of the ClientHello, where it can't be had from the runtime.
function unservedHello(given) {
  return hasOpenssl ? null : optionBeyondDefault(given, CONTEXT_OPTIONS);
}

// The names that OpenSSL sends and Node compares, and rustls does not take.
function unservedName(given) {
  const { servername } = given;
  if (servername && (typeof servername !== 'string' || net.isIP(servername))) {
    // Newer lines of Node refuse an address, older ones warn of it.
    clientHello({ ca: [], servername });
    return 'servername';
  }
  // An agent takes it from the host where the program names none.
  if (servername && !isDnsName(servername)) {
    return servername === given.host ? Cause.HOST : 'servername';
  }
  const identity = identityOf(given);
  if (typeof identity !== 'string') return Cause.HOST;
  return isDnsName(identity) || (net.isIP(identity) && !identity.includes('%')) ? null : Cause.HOST;
}

// The name that the server's certificate must have.
function identityOf({ servername, host }) {
  return servername || host || 'localhost';
}

// A dot at the end would be sent by OpenSSL, and not by rustls.
function isDnsName(name) {
  if (name.length > NAME_MAX) return false;
  const labels = name.split('.');
  return labels.every((label) => LABEL.test(label)) && !/^[0-9]+$/.test(labels.at(-1));
}

function identityCheck(given) {
  return Object.hasOwn(given, 'checkServerIdentity')
    ? given.checkServerIdentity
    : tls.checkServerIdentity;
}

function ownIdentityCheck(given) {
  const check = identityCheck(given);
  return check === nodeTls.checkServerIdentity ? null : check;
}

function rejects(given) {
  const allowed = process.env.NODE_TLS_REJECT_UNAUTHORIZED === '0';
  if (allowed && !hasWarned) {
    hasWarned = true;
    // Node warns of it once, in its tls.connect().
    clientHello({ ca: [] });
  }
  const isGiven = Object.hasOwn(given, 'rejectUnauthorized');
  return isGiven ? given.rejectUnauthorized !== false : !allowed;
}

module.exports = { planTls };
