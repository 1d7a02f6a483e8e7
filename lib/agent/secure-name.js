'use strict';

// The TLS part of an origin's name: getName() of Node's https.Agent, as of Node 26. Two requests
// share a connection only where all of this is equal.

const tls = require('node:tls');

// By Node and by Bun.
const PER_REQUEST_IDENTITY = ['per-request checkServerIdentity', 'kPerRequestCheckServerIdentity'];

// Deno's client sets no mark.
const kOwnMark = Symbol(PER_REQUEST_IDENTITY[0]);
let marked = 0;

// In the order of the name.
const PARTS = [
  ['ca', join],
  ['cert', join],
  ['clientCertEngine', join],
  ['ciphers', join],
  ['key', join],
  ['pfx', joinPfx],
  ['rejectUnauthorized', joinDefined],
  ['servername', joinServername],
  ['minVersion', join],
  ['maxVersion', join],
  ['secureProtocol', join],
  ['crl', join],
  ['honorCipherOrder', joinDefined],
  ['ecdhCurve', join],
  ['dhparam', join],
  ['secureOptions', joinDefined],
  ['sessionIdContext', join],
  ['sigalgs', joinJson],
  ['privateKeyIdentifier', join],
  ['privateKeyEngine', join],
];

// What the name says of TLS: all of it but the name of the server, which is another with each.
const NAMED = [...PARTS.map(([key]) => key).filter((key) => key !== 'servername'), 'passphrase'];

function join(value) {
  return value ? `${value}` : '';
}

function joinDefined(value) {
  return value !== undefined ? `${value}` : '';
}

function joinJson(value) {
  return value ? JSON.stringify(value) : '';
}

function joinServername(servername, { host }) {
  return servername && servername !== host ? `${servername}` : '';
}

function joinPfx(pfx, { passphrase }) {
  if (!pfx) return '';
  if (!Array.isArray(pfx)) return `${pfx}`;
  return pfx.map((value) => `:${value?.buf || value}:${value?.passphrase || passphrase}`).join('');
}

function secureSuffix(options) {
  let suffix = '';
  for (const [key, part] of PARTS) suffix += `:${part(options[key], options)}`;
  const perRequest = perRequestIdentity(options);
  return perRequest ? `${suffix}:${options[perRequest]}` : suffix;
}

// Node's mark of a request that brings its own checkServerIdentity(): it has a connection of its
// own. Undefined where there is none, or where Node is older than the mark.
function perRequestIdentity(options) {
  if (options.checkServerIdentity === undefined) return undefined;
  return Object.getOwnPropertySymbols(options).find(
    (symbol) => PER_REQUEST_IDENTITY.includes(symbol.description) && options[symbol],
  );
}

// The mark that Node's client sets, where the runtime's does not. An agent's own function is for
// all of its requests.
function markIdentity(agent, options) {
  const { checkServerIdentity } = options;
  if (checkServerIdentity === undefined || checkServerIdentity === tls.checkServerIdentity) return;
  if (agent.options.checkServerIdentity !== undefined || options[kOwnMark]) return;
  options[kOwnMark] = ++marked;
}

module.exports = { NAMED, joinServername, markIdentity, perRequestIdentity, secureSuffix };
