'use strict';

// Node's own TLS functions, and whether they are still in place. Libraries that add certificates
// of the system replace tls.createSecureContext(): what they do must go on happening, so that
// connections are then Node's. Mocks and tracers replace tls.connect() (see ./connecting.js).

const tls = require('node:tls');

const { isNodesOwn } = require('./source-phrase');

// By a phrase of each one's own source (see ./source-phrase.js).
const connect = original('connect', {
  node: 'ciphers: tls.DEFAULT_CIPHERS',
  deno: 'getDefaultProtocolVersions()',
  bun: 'rejectUnauthorizedDefault()',
});
const createSecureContext = original('createSecureContext', {
  node: 'SSL_OP_CIPHER_SERVER_PREFERENCE',
  deno: 'return new SecureContext(',
  bun: 'return new InternalSecureContext(',
});
const NO_NAME = 'Cert does not contain a DNS name';
const checkServerIdentity = original('checkServerIdentity', {
  node: NO_NAME,
  deno: NO_NAME,
  bun: NO_NAME,
});

function original(name, phrases) {
  const value = tls[name];
  return isNodesOwn(value, phrases) ? value : null;
}

function isContextReplaced() {
  return tls.createSecureContext !== createSecureContext;
}

let names = null;

/**
 * The options that this Node's createSecureContext() reads. A Node newer than this module may read
 * some that it does not know.
 */
function contextOptions() {
  if (names !== null) return names;
  const read = new Set();
  const watched = new Proxy(
    { ca: [] },
    {
      get(target, name) {
        read.add(name);
        return target[name];
      },
    },
  );
  createSecureContext(watched);
  names = [...read].filter((name) => typeof name === 'string');
  return names;
}

module.exports = { checkServerIdentity, connect, contextOptions, isContextReplaced };
