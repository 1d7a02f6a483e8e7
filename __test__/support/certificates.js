'use strict';

// Certificates, keys and revocation lists, made when a test asks for them. None is stored, so
// none can expire in the repository.

const { KeyObject, webcrypto } = require('node:crypto');
const { isIP } = require('node:net');

// @peculiar/x509 finds its parts through reflection metadata that no engine has by itself.
require('reflect-metadata');
const x509 = require('@peculiar/x509');

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

x509.cryptoProvider.set(webcrypto);

const KEYS = {
  p256: { name: 'ECDSA', namedCurve: 'P-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384' },
  p521: { name: 'ECDSA', namedCurve: 'P-521' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
  ed25519: { name: 'Ed25519' },
};

const { keyCertSign, cRLSign, digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;

/** A key pair; an existing one is taken as it is. */
async function keyPair(key) {
  if (typeof key !== 'string') return key;
  return webcrypto.subtle.generateKey(KEYS[key], true, ['sign', 'verify']);
}

/**
 * One certificate. `issuer: null` signs it with its own key. `subject` is a common name, or a
 * whole distinguished name when it holds a '='. Where null is given for `ca`, `keyUsage` or
 * `extendedKeyUsage`, the certificate does not have that extension.
 */
async function certificate({
  subject = 'localhost',
  issuer = null,
  key = 'p256',
  ca = false,
  pathLength = undefined,
  names = ca ? [] : ['localhost', '127.0.0.1'],
  notBefore = new Date(Date.now() - HOUR),
  notAfter = new Date(Date.now() + 30 * DAY),
  keyUsage = ca ? keyCertSign | cRLSign : digitalSignature | keyEncipherment,
  extendedKeyUsage = ca ? null : [serverAuth, clientAuth],
  serial = undefined,
  extensions = [],
  signingAlgorithm = undefined,
} = {}) {
  const pair = await keyPair(key);
  const signer = issuer?.pair ?? pair;
  const name = distinguished(subject);
  const standard = [
    ca !== null && new x509.BasicConstraintsExtension(ca, pathLength, true),
    keyUsage !== null && new x509.KeyUsagesExtension(keyUsage, true),
    extendedKeyUsage !== null && new x509.ExtendedKeyUsageExtension(extendedKeyUsage),
    await x509.SubjectKeyIdentifierExtension.create(pair.publicKey),
    issuer && (await x509.AuthorityKeyIdentifierExtension.create(signer.publicKey)),
    names.length > 0 && new x509.SubjectAlternativeNameExtension(names.map(alternative)),
  ];
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: name,
    issuer: issuer ? issuer.name : name,
    notBefore,
    notAfter,
    publicKey: pair.publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm,
    extensions: [...standard.filter(Boolean), ...extensions.map(asExtension)],
  });
  const keyObject = KeyObject.from(pair.privateKey);
  const pem = `${made.toString('pem')}\n`;
  return {
    pem,
    der: Buffer.from(made.rawData),
    key: keyObject.export({ type: 'pkcs8', format: 'pem' }),
    keyObject,
    pair,
    name,
    subject,
    issuer,
    serialNumber: made.serialNumber,
    chain: issuer ? pem + above(issuer) : pem,
  };
}

// A server sends its chain without the root, which the client must know anyway.
function above(certificate) {
  return certificate.issuer ? certificate.pem + above(certificate.issuer) : '';
}

function distinguished(subject) {
  if (subject === '') return new x509.Name([]);
  return new x509.Name(subject.includes('=') ? subject : [{ CN: [subject] }]);
}

function alternative(name) {
  return { type: isIP(name) ? 'ip' : 'dns', value: name };
}

// An extension may come as the DER of the whole Extension.
function asExtension(extension) {
  return extension instanceof x509.Extension ? extension : new x509.Extension(extension);
}

/** A server leaf that is its own issuer. */
function selfSigned(options) {
  return certificate({ ...options, issuer: null });
}

let common;

/** A root, one intermediate, a server leaf and a client leaf; made once for the whole process. */
function pki() {
  common ??= makePki();
  return common;
}

async function makePki() {
  const root = await certificate({ subject: 'oxagent test root', ca: true });
  const intermediate = await certificate({
    subject: 'oxagent test intermediate',
    issuer: root,
    ca: true,
    pathLength: 0,
  });
  const server = await certificate({
    issuer: intermediate,
    names: ['localhost', '127.0.0.1', '::1'],
    extendedKeyUsage: [serverAuth],
  });
  const client = await certificate({
    subject: 'oxagent test client',
    issuer: intermediate,
    names: [],
    extendedKeyUsage: [clientAuth],
  });
  return { root, intermediate, server, client };
}

/** A revocation list of an issuer, as PEM; `revoked` are serial numbers in hexadecimal. */
async function crl(issuer, revoked = [], { thisUpdate, nextUpdate } = {}) {
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.name,
    thisUpdate: thisUpdate ?? new Date(Date.now() - HOUR),
    nextUpdate: nextUpdate ?? new Date(Date.now() + DAY),
    entries: revoked.map((serialNumber) => ({
      serialNumber,
      revocationDate: new Date(Date.now() - HOUR),
      reason: x509.X509CrlReason.keyCompromise,
    })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(issuer.pair.publicKey)],
    signingAlgorithm: { hash: 'SHA-256' },
    signingKey: issuer.pair.privateKey,
  });
  // The library's own label is one that OpenSSL does not know.
  const lines = Buffer.from(list.rawData)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN X509 CRL-----\n${lines}\n-----END X509 CRL-----\n`;
}

module.exports = { certificate, crl, keyPair, pki, selfSigned, x509 };
