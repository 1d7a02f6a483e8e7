'use strict';

// Tells where connections are Node's although no option of the program asks for what only Node
// has: else nobody would know why nothing is gained. By a warning, once for each cause.

const process = require('node:process');
const tls = require('node:tls');
const { inspect } = require('node:util');

const { native } = require('../bridge/addon');
const { Cause } = require('../errors/node-causes');
const { originText } = require('../errors/origin-text');
const { replacements } = require('../node/connecting');
const { locationOf } = require('../node/function-location');

const CODE = 'OXAGENT_NODE_TRANSPORT';

// Each server is a cause of its own; a program may know thousands.
const SERVERS_MAX = 16;

const DETAIL =
  'This is said once for each cause; transportWarning: false, an option of the agent, turns it ' +
  'off. docs/what-needs-nodes-transport.md in the package has all causes.';

// By cause: why, in words. `options` are the connection's.
const WORDS = {
  __proto__: null,
  [Cause.REPLACED]: (_, secure) => replacements(secure).map(replaced).join(', and '),
  [Cause.PERMISSION]: () => 'the process has no permission for all of the network',
  [Cause.TRACED]: () => 'trace events of connections or lookups are recorded, as Node alone can',
  [Cause.ADDRESS]: ({ host, path }) => `Node alone connects to ${inspect(path ?? host)}`,
  [Cause.HOST]: ({ host }) => `rustls takes no name like ${inspect(host)}`,
  [Cause.SERVER]: (options) =>
    `the handshake has shown that ${originOf(options)} needs Node's own TLS`,
  [Cause.SECURE_CONTEXT]: () =>
    replaced({ name: 'tls.createSecureContext', value: tls.createSecureContext }),
  [Cause.FIPS]: () => 'OpenSSL is in FIPS mode',
  [Cause.KEY_LOG]: () => 'Node was started with --tls-keylog',
  [Cause.KEY_LOG_FILE]: () => 'SSLKEYLOGFILE is set',
  [Cause.TRACE_TLS]: () => 'Node was started with --trace-tls',
  [Cause.OPENSSL_CA]: () => 'Node trusts what OpenSSL itself trusts (--use-openssl-ca)',
  [Cause.SYSTEM_CA]: () => 'this Node was built to trust a file of the system',
  [Cause.EXTRA_CA]: () =>
    'NODE_EXTRA_CA_CERTS names what cannot be read, or this Node (before 22.15) does not tell it',
  [Cause.DEFAULTS]: () => 'tls.DEFAULT_CIPHERS or tls.DEFAULT_ECDH_CURVE has been changed',
  [Cause.DEFAULT_OFFER]: () =>
    'rustls has none of the versions, ciphers or curves that are the defaults of tls here',
  [Cause.DEFAULT_VERSIONS]: () =>
    'the defaults of tls rule TLS 1.3 out, and servers of TLS 1.2 may renegotiate',
  [Cause.DEFAULT_LEVEL]: () => 'the security level of OpenSSL is 3 or more here',
};

// By this thread; the addon knows of the others.
const told = new Set();
let servers = 0;

/**
 * A connection with these options is Node's: `reason` is a Cause, or the name of the option that
 * asks for it, of which nobody need be told.
 */
function tellNodeTransport(reason, options, secure = false) {
  const words = WORDS[reason];
  if (words === undefined) return;
  const key = keyOf(reason, options, secure);
  // Empty where what had been replaced was put back meanwhile.
  if (key === '' || told.has(key)) return;
  if (reason === Cause.SERVER && ++servers > SERVERS_MAX) return;
  told.add(key);
  if (!native.isNews(key)) return;
  process.emitWarning(
    `Connections are made by Node's own transport, not by oxagent's: ${words(options, secure)}`,
    { code: CODE, detail: DETAIL },
  );
}

function keyOf(reason, options, secure) {
  if (reason === Cause.SERVER) return `${reason} ${originOf(options)}`;
  // One that comes later is another cause.
  if (reason === Cause.REPLACED) return replacements(secure).map(nameOf).join(' ');
  return reason;
}

function replaced({ name, value }) {
  const location = typeof value === 'function' ? locationOf(value) : null;
  return `${name} has been replaced${location ? `, by ${location}` : ''}`;
}

function nameOf({ name }) {
  return name;
}

function originOf({ host, port, path }) {
  return originText({ host, port, socketPath: path });
}

module.exports = { tellNodeTransport };
