'use strict';

// The client's certificate and key, as OpenSSL sends and rustls takes them. OpenSSL has read both
// options before: what it refuses never comes here.

const { createPrivateKey } = require('node:crypto');

const { NodeOnly } = require('./node-only');
const { signingSchemes } = require('./offer');
const { certificatesIn } = require('./pem');
const { rootStore } = require('./root-store');

const TYPES = ['rsa', 'ec', 'ed25519'];

/**
 * { chain, key } in DER and PKCS#8, or null where OpenSSL would send no certificate. `schemes` are
 * the signature schemes that OpenSSL would use.
 */
function clientCertificate(options, roots, schemes) {
  const certs = [options.cert || []].flat();
  const keys = [options.key || []].flat();
  // OpenSSL keeps one pair for each type of key.
  if (certs.length > 1) throw new NodeOnly('several certificates');
  if (keys.length > 1) throw new NodeOnly('several keys');
  if (certs.length === 0 || keys.length === 0) return null;

  const key = privateKey(keys[0], options.passphrase);
  const chain = certificatesIn(certs[0], 'cert');
  const [leaf] = chain;
  const type = keyType(leaf);
  if (!TYPES.includes(type)) throw new NodeOnly('cert');
  const mine = signingSchemes(key);
  if (mine === null) throw new NodeOnly('key');
  // OpenSSL finds no key for a certificate of another type, and sends neither.
  if (key.asymmetricKeyType !== type) return null;
  if (!leaf.checkPrivateKey(key)) throw new NodeOnly('key');
  if (!mine.every((scheme) => schemes.includes(scheme))) throw new NodeOnly('sigalgs');

  if (chain.length === 1) addIssuers(chain, roots);
  return {
    chain: chain.map((certificate) => certificate.raw),
    key: key.export({ type: 'pkcs8', format: 'der' }),
  };
}

function keyType(certificate) {
  try {
    return certificate?.publicKey.asymmetricKeyType;
  } catch {
    // A key that OpenSSL can't decode.
    return undefined;
  }
}

function privateKey(value, passphrase) {
  if (value.pem !== undefined) {
    passphrase = value.passphrase !== undefined ? value.passphrase : passphrase;
    value = value.pem;
  }
  try {
    return createPrivateKey({ key: value, format: 'pem', passphrase: passphrase ?? undefined });
  } catch {
    throw new NodeOnly('key');
  }
}

// A certificate alone is sent with its issuers among the trusted certificates, the root included.
function addIssuers(chain, roots) {
  for (;;) {
    const last = chain.at(-1);
    if (last.checkIssued(last)) return;
    const issuers = rootStore(roots).issuersOf(last);
    if (issuers.length === 0) return;
    // Which of them OpenSSL prefers hangs on their dates, and may change.
    if (issuers.length > 1 || chain.includes(issuers[0])) throw new NodeOnly('cert');
    chain.push(issuers[0]);
  }
}

module.exports = { clientCertificate };
