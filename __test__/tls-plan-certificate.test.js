'use strict';

// The client's certificate of a plan: what Node sends for the same options.

const assert = require('node:assert/strict');
const { createPrivateKey, webcrypto } = require('node:crypto');
const { once } = require('node:events');
const tls = require('node:tls');
const { planTls } = require('../lib/tls/plan');
const { certificate, keyPair, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const HOST = { host: 'a.example', port: 443, servername: 'a.example' };
const PASSPHRASE = 'open sesame';

describe('client certificate of a plan', () => {
  const made = {};
  let site;
  before(async () => {
    const { root, intermediate, client } = await pki();
    Object.assign(made, { root, intermediate, client });
    for (const key of ['rsa', 'p384', 'p521', 'ed25519']) {
      const options = { subject: key, issuer: intermediate, key: await keyPair(key), names: [] };
      made[key] = await certificate(options);
    }
    made.self = await selfSigned({ subject: 'self' });
    made.rival = await certificate({ subject: root.subject, key: root.pair, ca: true });
    site = await serveRawTls({ requestCert: true, rejectUnauthorized: false });
  });
  after(closeServers);

  // The chain that Node sends, as the server has received it.
  async function sentByNode(options) {
    const accepted = once(site.server, 'secureConnection');
    const socket = tls.connect({
      ca: [],
      ...options,
      host: '127.0.0.1',
      port: site.port,
      servername: 'localhost',
      rejectUnauthorized: false,
    });
    const [peer] = await accepted;
    const chain = [];
    let last = peer.getPeerCertificate(true);
    while (last.raw && last !== chain.at(-1)) {
      chain.push(last);
      last = last.issuerCertificate ?? {};
    }
    socket.destroy();
    await once(socket, 'close');
    return chain.map(({ raw }) => raw);
  }

  async function assertLikeNode(options, names) {
    const { nodeOnly, context } = planTls({ ca: [], ...HOST, ...options });
    assert.equal(nodeOnly, undefined);
    const expected = names.map((name) => made[name].der);
    assert.deepEqual(context.certificate?.chain ?? [], expected);
    assert.deepEqual(await sentByNode(options), expected);
    return context.certificate;
  }

  const encrypted = (name, type) =>
    createPrivateKey(made[name].key).export({
      type,
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: PASSPHRASE,
    });
  const plain = (name, type) => createPrivateKey(made[name].key).export({ type, format: 'pem' });

  for (const name of ['client', 'rsa', 'p384', 'p521', 'ed25519']) {
    it(`with a key of the kind of ${name}`, async () => {
      const { pem: cert, key, keyObject } = made[name];
      const planned = await assertLikeNode({ cert, key }, [name]);
      const der = keyObject.export({ type: 'pkcs8', format: 'der' });
      const sameKey = createPrivateKey({ key: planned.key, format: 'der', type: 'pkcs8' });
      assert.ok(sameKey.equals(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })));
    });
  }

  for (const [title, name, options] of [
    ['PKCS#1', 'rsa', () => ({ key: plain('rsa', 'pkcs1') })],
    ['SEC1', 'client', () => ({ key: plain('client', 'sec1') })],
    ['encrypted PKCS#8', 'client', () => ({ key: encrypted('client', 'pkcs8') })],
    ['encrypted PKCS#1', 'rsa', () => ({ key: encrypted('rsa', 'pkcs1') })],
    ['encrypted SEC1', 'client', () => ({ key: encrypted('client', 'sec1') })],
    ['a Buffer', 'client', () => ({ key: Buffer.from(made.client.key) })],
    ['a list of one', 'client', () => ({ key: [made.client.key], cert: [made.client.pem] })],
    ['an object', 'client', () => ({ key: [{ pem: made.client.key }] })],
    [
      'an object with its passphrase',
      'client',
      () => ({
        key: [{ pem: encrypted('client', 'pkcs8'), passphrase: PASSPHRASE }],
        passphrase: 'another',
      }),
    ],
    ['a file with both', 'client', () => both(made.client.pem + made.client.key)],
    ['a file with both, the key first', 'client', () => both(made.client.key + made.client.pem)],
  ]) {
    it(`with a key given as ${title}`, async () => {
      const cert = made[name].pem;
      await assertLikeNode({ cert, passphrase: PASSPHRASE, ...options() }, [name]);
    });
  }

  for (const [title, options, names] of [
    [
      'its intermediate after it',
      () => pair('client', ['intermediate']),
      ['client', 'intermediate'],
    ],
    [
      'its issuers in ca',
      () => ({ ...pair('client'), ca: [made.root.pem, made.intermediate.pem] }),
      ['client', 'intermediate', 'root'],
    ],
    [
      'its first issuer in ca',
      () => ({ ...pair('client'), ca: made.intermediate.pem }),
      ['client', 'intermediate'],
    ],
    ['its root alone in ca', () => ({ ...pair('client'), ca: made.root.pem }), ['client']],
    [
      'a chain, whatever is in ca',
      () => ({ ...pair('client', ['intermediate']), ca: made.root.pem }),
      ['client', 'intermediate'],
    ],
    ['itself as issuer', () => ({ ...pair('self'), ca: made.self.pem }), ['self']],
    ['no key', () => ({ cert: made.client.pem }), []],
    ['no certificate', () => ({ key: made.client.key }), []],
    ['a key of another type', () => ({ cert: made.client.pem, key: made.rsa.key }), []],
    ['empty lists', () => ({ cert: [], key: [] }), []],
  ]) {
    it(`with ${title}`, () => assertLikeNode(options(), names));
  }

  for (const [reason, title, options] of [
    ['several certificates', 'two pairs', () => two('cert', 'key')],
    ['several keys', 'two keys', () => ({ ...two('key'), cert: made.client.pem })],
    [
      'sigalgs',
      'sigalgs without its own',
      () => ({ ...pair('client'), sigalgs: 'rsa_pss_rsae_sha256' }),
    ],
    [
      'cert',
      'two possible issuers',
      () => ({
        ...pair('client'),
        ca: [made.intermediate.pem, made.root.pem, made.rival.pem],
      }),
    ],
    ['key', 'a short key', () => short()],
    ['cert', 'a certificate that OpenSSL must read', () => ({ ...pair('client'), cert: odd() })],
  ]) {
    it(`is left to Node with ${title}`, async () => {
      const { nodeOnly } = planTls({ ca: [], ...HOST, ...(await options()) });
      assert.equal(nodeOnly, reason);
    });
  }

  for (const [title, options] of [
    ["another's key", () => ({ cert: made.client.pem, key: made.self.key })],
    ['a wrong passphrase', () => ({ ...locked(), passphrase: 'wrong' })],
    ['no passphrase', () => locked()],
    ['a passphrase that is no string', () => ({ ...locked(), passphrase: Buffer.from('x') })],
    ['a certificate in DER', () => ({ ...pair('client'), cert: made.client.der })],
    ['a KeyObject', () => ({ ...pair('client'), key: made.client.keyObject })],
  ]) {
    it(`throws what tls.connect() throws, with ${title}`, () => {
      const thrown = (act) => {
        try {
          act();
        } catch ({ code, message }) {
          return { code, message };
        }
        return assert.fail('nothing is thrown');
      };
      const given = { ca: [], ...HOST, ...options() };
      assert.deepEqual(
        thrown(() => planTls(given)),
        thrown(() => tls.connect({ ...given, lookup() {} })),
      );
    });
  }

  const both = (file) => ({ cert: file, key: file });
  const pair = (name, above = []) => ({
    cert: [name, ...above].map((one) => made[one].pem).join(''),
    key: made[name].key,
  });
  const locked = () => ({ cert: made.client.pem, key: encrypted('client', 'pkcs8') });
  const odd = () => `  ${made.client.pem}${made.client.pem}`;
  const two = (...options) =>
    Object.fromEntries(
      options.map((option) => {
        const member = option === 'cert' ? 'pem' : 'key';
        return [option, [made.client[member], made.rsa[member]]];
      }),
    );

  // OpenSSL takes it at security level 0 alone.
  async function short() {
    const algorithm = {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    };
    const weak = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const { pem, key } = await selfSigned({ key: weak });
    return { cert: pem, key, ciphers: 'DEFAULT@SECLEVEL=0' };
  }
});
