'use strict';

// What rustls, with aws-lc-rs, serves of what OpenSSL would offer; by IANA numbers.

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;

// AES-128-GCM, AES-256-GCM, CHACHA20-POLY1305.
const SUITES = {
  [TLS_1_3]: [0x1301, 0x1302, 0x1303],
  // By ECDHE, with ECDSA and with RSA.
  [TLS_1_2]: [0xc02b, 0xc02c, 0xcca9, 0xc02f, 0xc030, 0xcca8],
};

// X25519, P-256, P-384.
const CURVES = [0x001d, 0x0017, 0x0018];

const GROUPS = {
  // X25519MLKEM768, SecP256r1MLKEM768, MLKEM768, MLKEM1024.
  [TLS_1_3]: [...CURVES, 0x11ec, 0x11eb, 0x0201, 0x0202],
  [TLS_1_2]: CURVES,
};

// The high octet of all suites of TLS 1.3.
const TLS_1_3_SUITES = 0x13;
// Groups from here on are no curves, and mean nothing to ECDHE of TLS 1.2.
const CURVES_END = 0x0100;

const RSA_PKCS1 = [0x0401, 0x0501, 0x0601];
const RSA_PSS = [0x0804, 0x0805, 0x0806];
const ECDSA = { prime256v1: 0x0403, secp384r1: 0x0503, secp521r1: 0x0603 };
const ED25519 = 0x0807;
const ML_DSA = [0x0904, 0x0905, 0x0906];

const SCHEMES = {
  [TLS_1_3]: [...Object.values(ECDSA), ...RSA_PSS, ED25519, ...ML_DSA],
  [TLS_1_2]: [...Object.values(ECDSA), ...RSA_PSS, ED25519, ...RSA_PKCS1],
};

/**
 * The part of a ClientHello that rustls serves, or null where it would come to something else. The
 * highest version must be served: without it a server takes a lower one. Without a lower one a
 * server that needs it refuses, and Node's transport can try.
 */
function servedOffer(hello) {
  const versions = hello.versions.filter((version) => isServed(version, hello));
  if (!versions.includes(Math.max(...hello.versions))) return null;
  const served = (offered, table) =>
    offered.filter((number) => versions.some((version) => table[version].includes(number)));
  return {
    suites: served(hello.suites, SUITES),
    groups: served(hello.groups, GROUPS),
    schemes: served(hello.schemes, SCHEMES),
    versions,
  };
}

// What OpenSSL would like best is what it gets from most servers.
function isServed(version, { suites, groups, schemes }) {
  if (!(version in SUITES)) return false;
  const isTls13 = version === TLS_1_3;
  const firstSuite = suites.find((suite) => (suite >> 8 === TLS_1_3_SUITES) === isTls13);
  const firstGroup = groups.find((group) => isTls13 || group < CURVES_END);
  return (
    SUITES[version].includes(firstSuite) &&
    GROUPS[version].includes(firstGroup) &&
    schemes.some((scheme) => SCHEMES[version].includes(scheme))
  );
}

/** The schemes that rustls may sign with, given a client's key; null for a key it can't use. */
function signingSchemes({ asymmetricKeyType: type, asymmetricKeyDetails: details }) {
  if (type === 'ed25519') return [ED25519];
  if (type === 'ec' && details.namedCurve in ECDSA) return [ECDSA[details.namedCurve]];
  if (type !== 'rsa' || details.publicExponent !== 65537n) return null;
  const { modulusLength } = details;
  return modulusLength >= 2048 && modulusLength <= 8192 ? [...RSA_PSS, ...RSA_PKCS1] : null;
}

module.exports = { TLS_1_3, servedOffer, signingSchemes };
