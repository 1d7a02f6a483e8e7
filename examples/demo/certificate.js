'use strict';

// A certificate for 127.0.0.1, made for one run of the demo. It signs itself, so the client gets it
// as `ca`.

const { KeyObject, webcrypto } = require('node:crypto');

// @peculiar/x509 finds its parts through reflection metadata that no engine has by itself.
require('reflect-metadata');
const x509 = require('@peculiar/x509');

const HOUR_MS = 60 * 60 * 1e3;

x509.cryptoProvider.set(webcrypto);

async function makeCertificate() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=oxagent demo',
    keys,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    ],
  });
  return {
    cert: certificate.toString('pem'),
    key: KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }),
  };
}

module.exports = { makeCertificate };
