'use strict';

// The client's own certificate: the server asks for one and answers whom it saw.

const assert = require('node:assert/strict');
const { createPublicKey, webcrypto } = require('node:crypto');
const { answer, dispose, getSecure, httpsAgentWith } = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { outcome, sameAsNode } = require('./fixtures/https-outcome');

const PASSPHRASE = 'correct horse';

// Every way to write a private key in PEM.
const FORMS = {
  rsa: ['PKCS#1', 'PKCS#1 encrypted', 'PKCS#8', 'PKCS#8 encrypted'],
  p256: ['SEC1', 'SEC1 encrypted', 'PKCS#8', 'PKCS#8 encrypted'],
  p384: ['SEC1', 'PKCS#8'],
  p521: ['SEC1', 'PKCS#8'],
  ed25519: ['PKCS#8', 'PKCS#8 encrypted'],
};
const TYPES = { 'PKCS#1': 'pkcs1', SEC1: 'sec1', 'PKCS#8': 'pkcs8' };

function written(keyObject, form) {
  const [type, encrypted] = form.split(' ');
  return keyObject.export({
    type: TYPES[type],
    format: 'pem',
    ...(encrypted && { cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
  });
}

describe('HttpsAgent options cert and key', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let root;
  let intermediate;
  let client;
  const clients = {};
  before(async () => {
    ({ root, intermediate, client } = await pki());
    for (const key of Object.keys(FORMS)) {
      clients[key] = await certificate({
        subject: `client ${key}`,
        issuer: intermediate,
        key,
        names: [],
      });
    }
  });

  function asking(options) {
    const asks = { requestCert: true, rejectUnauthorized: false, ca: root.pem, ...options };
    return serveTls(asks, ({ socket }, res) => {
      const { subject } = socket.getPeerCertificate();
      res.end(JSON.stringify([subject?.CN ?? null, socket.authorized]));
    });
  }

  // What the server saw, or how the request failed.
  async function seen(site, agent) {
    return parsed(await outcome({ port: site.port, agent }));
  }

  async function same(site, options) {
    return parsed(await sameAsNode(site, { ca: root.pem, ...options }));
  }

  function parsed(text) {
    return text.startsWith('[') ? JSON.parse(text) : text;
  }

  it('absent: the server sees nobody', async () => {
    const site = await asking();
    assert.deepEqual(await same(site, {}), [null, false]);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      for (const [key, forms] of Object.entries(FORMS)) {
        for (const form of forms) {
          it(`${key} key as ${form}`, async () => {
            const site = await asking({ maxVersion: version });
            const { chain, keyObject } = clients[key];
            const agent = httpsAgentWith({
              ca: root.pem,
              cert: chain,
              key: written(keyObject, form),
              ...(form.endsWith('encrypted') && { passphrase: PASSPHRASE }),
            });
            assert.deepEqual(await seen(site, agent), [`client ${key}`, true]);
          });
        }
      }

      it('is shown again by a resumed session', async () => {
        const site = await asking({ maxVersion: version });
        const agent = httpsAgentWith({ ca: root.pem, cert: client.chain, key: client.key });
        for (let i = 0; i < 2; i++) {
          assert.deepEqual(await seen(site, agent), ['oxagent test client', true]);
        }
        assert.equal(site.resumed, 1);
      });

      it('to a server that insists on one', async () => {
        const site = await asking({ maxVersion: version, rejectUnauthorized: true });
        const agent = httpsAgentWith({ ca: root.pem, cert: client.chain, key: client.key });
        assert.deepEqual(await seen(site, agent), ['oxagent test client', true]);
      });
    });
  }

  const GIVEN = {
    Buffers: () => ({ cert: Buffer.from(client.chain), key: Buffer.from(client.key) }),
    'arrays of one': () => ({ cert: [client.chain], key: [client.key] }),
    'an array of a key with its passphrase': () => ({
      cert: client.chain,
      key: [{ pem: written(client.keyObject, 'PKCS#8 encrypted'), passphrase: PASSPHRASE }],
    }),
    'an array of a key with the common passphrase': () => ({
      cert: client.chain,
      key: [{ pem: written(client.keyObject, 'SEC1 encrypted') }],
      passphrase: PASSPHRASE,
    }),
    'a passphrase that no key needs': () => ({
      cert: client.chain,
      key: client.key,
      passphrase: 'needless',
    }),
    'cert and key in one text': () => ({
      cert: client.key + client.chain,
      key: client.chain + client.key,
    }),
    'CRLF line ends': () => ({
      cert: client.chain.replaceAll('\n', '\r\n'),
      key: client.key.replaceAll('\n', '\r\n'),
    }),
    'a leaf whose issuer is in ca': () => ({
      ca: [root.pem, intermediate.pem],
      cert: client.pem,
      key: client.key,
    }),
  };

  for (const [what, make] of Object.entries(GIVEN)) {
    it(`given as ${what}`, async () => {
      const site = await asking();
      assert.deepEqual(await same(site, make()), ['oxagent test client', true]);
    });
  }

  it('given with a request', async () => {
    const site = await asking();
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true });
    const bodies = [];
    for (const { chain: cert, key } of [client, clients.p384, client]) {
      const { body } = await answer(getSecure({ port: site.port, cert, key, agent }));
      bodies.push(JSON.parse(body)[0]);
    }
    assert.deepEqual(bodies, ['oxagent test client', 'client p384', 'oxagent test client']);
    assert.equal(site.connections, 2);
  });

  it('is not shown to a server that does not ask', async () => {
    const site = await asking({ requestCert: false });
    const agent = httpsAgentWith({ ca: root.pem, cert: client.chain, key: client.key });
    assert.deepEqual(await seen(site, agent), [null, false]);
  });

  describe('several: what the server can verify is shown:', () => {
    for (const [key, sigalgs] of [
      ['p256', 'ECDSA+SHA256'],
      ['rsa', 'RSA-PSS+SHA256'],
    ]) {
      it(key, async () => {
        const leaf = await certificate({ issuer: intermediate, key });
        const site = await asking({ cert: leaf.chain, key: leaf.key, sigalgs });
        const { rsa, p256 } = clients;
        const options = { cert: [rsa.chain, p256.chain], key: [rsa.key, p256.key] };
        assert.deepEqual(await same(site, options), [`client ${key}`, true]);
      });
    }
  });

  const ODD = {
    'a cert without its key': () => ({ cert: client.chain }),
    'a key without its cert': () => ({ key: client.key }),
    'the key of another curve': () => ({ cert: client.chain, key: clients.p384.key }),
    'the key of another kind': () => ({ cert: client.chain, key: clients.rsa.key }),
    'the key of another of the same kind': () => ({ cert: client.chain, key: clients.p256.key }),
    'a leaf whose issuer nobody sends': () => ({ cert: client.pem, key: client.key }),
    'a wrong passphrase': () => ({
      cert: client.chain,
      key: written(client.keyObject, 'PKCS#8 encrypted'),
      passphrase: 'wrong horse',
    }),
    'a wrong passphrase of an old form': () => ({
      cert: client.chain,
      key: written(client.keyObject, 'SEC1 encrypted'),
      passphrase: 'wrong horse',
    }),
    'no passphrase where one is needed': () => ({
      cert: client.chain,
      key: written(client.keyObject, 'PKCS#8 encrypted'),
    }),
    'a passphrase that is no string': () => ({
      cert: client.chain,
      key: client.key,
      passphrase: Buffer.from('x'),
    }),
    'garbage for a cert': () => ({ cert: 'garbage', key: client.key }),
    'garbage for a key': () => ({ cert: client.chain, key: 'garbage' }),
    'a cert in DER': () => ({ cert: client.der, key: client.key }),
    'a KeyObject': () => ({ cert: client.chain, key: client.keyObject }),
    'a number for a cert': () => ({ cert: 1, key: client.key }),
    'a public key': () => ({
      cert: client.chain,
      key: createPublicKey(client.key).export({ type: 'spki', format: 'pem' }),
    }),
    'the root for a cert': () => ({ cert: root.pem, key: root.key }),
  };

  describe("odd ones end as with Node's agent:", () => {
    for (const [what, make] of Object.entries(ODD)) {
      it(what, async () => {
        const site = await asking();
        await same(site, make());
      });
    }

    it('a self-signed one', async () => {
      const own = await selfSigned({ subject: 'own', names: [] });
      const site = await asking();
      assert.deepEqual(await same(site, { cert: own.pem, key: own.key }), ['own', false]);
    });

    it('an RSA key of 1,024 bits', async () => {
      const weak = await certificate({
        subject: 'weak',
        issuer: intermediate,
        names: [],
        key: await webcrypto.subtle.generateKey(
          {
            name: 'RSASSA-PKCS1-v1_5',
            modulusLength: 1024,
            publicExponent: new Uint8Array([1, 0, 1]),
            hash: 'SHA-256',
          },
          true,
          ['sign', 'verify'],
        ),
      });
      const site = await asking();
      await same(site, { cert: weak.chain, key: weak.key });
      await same(site, { cert: weak.chain, key: weak.key, ciphers: 'DEFAULT@SECLEVEL=0' });
    });
  });
});
