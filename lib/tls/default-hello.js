'use strict';

// The ClientHello on Deno and Bun. Node's TLS writes one at once, theirs does not: there rustls
// offers what Node offers by default. Options that say what to offer are for the runtime's own TLS.

const { Buffer } = require('node:buffer');
const process = require('node:process');
const tls = require('node:tls');

const { Cause } = require('../errors/node-causes');
const { offersMlKem } = require('../node/runtime');

const VERSIONS = { TLSv1: 0x0301, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 };
const SERVED = [VERSIONS['TLSv1.3'], VERSIONS['TLSv1.2']];

// In Node's order; see ./offer.js for the numbers.
const SUITES = [0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0xcca9, 0xcca8];
const SCHEMES = [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601];
const CURVES = [0x001d, 0x0017, 0x0018];
// X25519MLKEM768 first, where the runtime's own TLS offers it.
const GROUPS = offersMlKem ? [0x11ec, ...CURVES] : CURVES;

// What the plan itself reads of what makes a context (see ./context.js).
const READ = new Set([
  'ca',
  'cert',
  'key',
  'passphrase',
  'minVersion',
  'maxVersion',
  'ALPNProtocols',
]);

const defaults = () => [tls.DEFAULT_CIPHERS, tls.DEFAULT_ECDH_CURVE];
const defaultsAtStart = defaults();

/** An option of these that says more than rustls can be told here, or null. */
function optionBeyondDefault(options, names) {
  if (defaults().some((value, i) => value !== defaultsAtStart[i])) return Cause.DEFAULTS;
  // Deno writes the keys of its connections there.
  if (process.env.SSLKEYLOGFILE) return Cause.KEY_LOG_FILE;
  for (const name of names) {
    if (options[name] !== undefined && !READ.has(name)) return name;
  }
  for (const name of ['ca', 'cert', 'key']) {
    if (![options[name] ?? []].flat().every(isPem)) return name;
  }
  if (!versionsOf(options)) return 'minVersion, maxVersion';
  return protocols(options.ALPNProtocols) === undefined ? 'ALPNProtocols' : null;
}

/** What clientHello() tells (see ./client-hello.js), for options of which none asks for more. */
function defaultHello(options) {
  return {
    suites: SUITES,
    groups: GROUPS,
    schemes: SCHEMES,
    versions: versionsOf(options),
    tickets: true,
    alpn: protocols(options.ALPNProtocols),
    logsKeys: false,
  };
}

function versionsOf({ minVersion, maxVersion }) {
  const min = VERSIONS[minVersion ?? tls.DEFAULT_MIN_VERSION];
  const max = VERSIONS[maxVersion ?? tls.DEFAULT_MAX_VERSION];
  const versions = SERVED.filter((version) => min <= version && version <= max);
  return versions.length > 0 ? versions : null;
}

// Null for none, undefined for what is not a list of names.
function protocols(value) {
  if (value === undefined || value === null) return null;
  const isList =
    Array.isArray(value) &&
    value.every((name) => typeof name === 'string' && name !== '' && Buffer.byteLength(name) < 256);
  if (!isList) return undefined;
  return value.length > 0 ? value.map((name) => Buffer.from(name)) : null;
}

function isPem(value) {
  return typeof value === 'string' || ArrayBuffer.isView(value);
}

module.exports = { defaultHello, optionBeyondDefault };
