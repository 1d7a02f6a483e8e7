'use strict';

// One request for each set of options: which engine carries it, and what it agreed on.

const { get, target } = require('./request');

// OpenSSL has it and rustls does not: it encrypts by CBC.
const CIPHER = 'ECDHE-ECDSA-AES128-SHA256';
const CBC = { maxVersion: 'TLSv1.2', ciphers: CIPHER };

const CASES = [
  ['{}', {}],
  ["{ maxVersion: 'TLSv1.2' }", { maxVersion: 'TLSv1.2' }],
  ["{ transport: 'node' }", { transport: 'node' }],
  ["{ maxVersion: 'TLSv1.2', ciphers: CBC }", CBC],
  ["the same, transport: 'rustls'", { ...CBC, transport: 'rustls' }],
];

async function tryEngines(HttpsAgent, server) {
  const tried = [];
  for (const [words, options] of CASES) tried.push({ words, ...(await tryOne(options)) });
  return tried;

  async function tryOne(options) {
    let agent;
    try {
      agent = new HttpsAgent({ keepAlive: true, ...options });
      const socket = await get({ ...target(server, true), agent });
      return { transport: socket.transport, cipher: socket.getCipher().name };
    } catch (error) {
      if (error.code !== 'ERR_INVALID_ARG_VALUE') throw error;
      return { transport: error.code, cipher: '-' };
    } finally {
      agent?.destroy();
    }
  }
}

module.exports = { tryEngines, CIPHER };
