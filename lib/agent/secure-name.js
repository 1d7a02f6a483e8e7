'use strict';

// The TLS part of an origin's name: getName() of Node's https.Agent, as of Node 26. Two requests
// share a connection only where all of this is equal.

const { perRequestIdentity } = require('../node/client');

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

module.exports = { NAMED, joinServername, secureSuffix };
