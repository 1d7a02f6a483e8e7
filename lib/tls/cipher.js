'use strict';

// What the numbers of a handshake (IANA's registry of TLS parameters) are called, by OpenSSL and by
// Node.

const { namesHybrids } = require('../node/version');

// [standard name, OpenSSL's name]
const SUITES = new Map([
  [0x1301, ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256']],
  [0x1302, ['TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384']],
  [0x1303, ['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']],
  [0xc02b, ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256']],
  [0xc02c, ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384']],
  [0xc02f, ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256']],
  [0xc030, ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384']],
  [0xcca8, ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305']],
  [0xcca9, ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305']],
]);

const ECDH = new Map([
  [0x0017, { type: 'ECDH', name: 'prime256v1', size: 256 }],
  [0x0018, { type: 'ECDH', name: 'secp384r1', size: 384 }],
  [0x0019, { type: 'ECDH', name: 'secp521r1', size: 521 }],
  [0x001d, { type: 'ECDH', name: 'X25519', size: 253 }],
]);

// Groups with a post-quantum part.
const HYBRIDS = new Map([
  [0x11eb, 'SecP256r1MLKEM768'],
  [0x11ec, 'X25519MLKEM768'],
]);

function protocolName(minor) {
  return `TLSv1.${minor}`;
}

function cipherInfo({ suite, minor }) {
  const [standardName, name] = SUITES.get(suite);
  return { name, standardName, version: protocolName(minor) };
}

function ephemeralKeyInfo({ group }) {
  const hybrid = HYBRIDS.get(group);
  if (hybrid && namesHybrids) return { type: 'TLSGroup', name: hybrid, size: undefined };
  return { ...ECDH.get(group) };
}

module.exports = { cipherInfo, ephemeralKeyInfo, protocolName };
