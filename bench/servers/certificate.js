'use strict';

// What a TLS server of the bench shows: a certificate for localhost, signed by an authority that
// the clients get as `ca`. Both are made for the run and forgotten with it. The keys are ECDSA
// P-256, for which a server signs fast: with RSA it would be what is measured.

const { KeyObject, webcrypto } = require('node:crypto');

// @peculiar/x509 finds its parts through reflection metadata that no engine has by itself.
require('reflect-metadata');
const x509 = require('@peculiar/x509');

const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const DAY_MS = 24 * 60 * 60 * 1e3;

x509.cryptoProvider.set(webcrypto);

const makeKeys = () => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

function validity() {
  // From yesterday on: the clock that reads it need not be this one.
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 7 * DAY_MS) };
}

async function makeCertificate() {
  const [authority, server] = await Promise.all([makeKeys(), makeKeys()]);
  const { keyCertSign, cRLSign, digitalSignature } = x509.KeyUsageFlags;
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=oxagent bench authority',
    keys: authority,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const leaf = await x509.X509CertificateGenerator.create({
    subject: 'CN=localhost',
    issuer: root.subject,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(server.publicKey),
    ],
  });
  return {
    ca: root.toString('pem'),
    cert: leaf.toString('pem'),
    key: KeyObject.from(server.privateKey).export({ type: 'pkcs8', format: 'pem' }),
  };
}

module.exports = { makeCertificate };
