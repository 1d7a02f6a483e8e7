'use strict';

// Groups and signature algorithms: ecdhCurve, sigalgs, minDHSize, and what a client need not
// know but must check.

const assert = require('node:assert/strict');
const { dispose, httpsAgentWith } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { outcome, sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent options ecdhCurve and sigalgs', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let both;
  before(async () => {
    const { root, intermediate } = await pki();
    ca = root.pem;
    const [ec, rsa] = await Promise.all(
      ['p256', 'rsa'].map((key) => certificate({ issuer: intermediate, key })),
    );
    both = { cert: [ec.chain, rsa.chain], key: [ec.key, rsa.key] };
  });

  const answering = (options) => serveTls(options, (_req, res) => res.end('answered'));

  const group = (socket) => {
    const { name, type } = socket.getEphemeralKeyInfo();
    return { name, type };
  };

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    describe(`ecdhCurve up to ${maxVersion}`, () => {
      for (const ecdhCurve of [
        undefined,
        'auto',
        'P-256',
        'prime256v1',
        'P-384',
        'secp384r1',
        'P-521',
        'X25519',
        'X448',
        'P-256:X25519',
        'P-384:P-256',
        'X25519MLKEM768',
        'X25519MLKEM768:X25519',
        '',
        'nonsense',
        'P-256:nonsense',
        null,
        1,
      ]) {
        it(`${JSON.stringify(ecdhCurve)} ends as with Node's agent`, async () => {
          const site = await answering({ maxVersion });
          await sameAsNode(site, { ca, ecdhCurve }, group);
          await sameAsNode(site, { ca, request: { ecdhCurve } }, group);
        });
      }

      it('that rustls knows in part is served by one that the list names', async () => {
        const site = await answering({ maxVersion });
        for (const list of ['P-521:P-384', 'P-384:P-521']) {
          const agent = httpsAgentWith({ ca, ecdhCurve: list });
          const ended = await outcome({ port: site.port, agent }, group);
          // A server of TLS 1.2 with a group of its own ends it, as it does for Node.
          if (maxVersion === 'TLSv1.2') assert.match(ended, /^failed /);
          else assert.match(ended.name, /^secp(384|521)r1$/);
        }
      });

      for (const served of ['P-256', 'P-384', 'P-521', 'X25519']) {
        it(`by default meets a server of ${served} alone`, async () => {
          const site = await answering({ maxVersion, ecdhCurve: served });
          const ended = await sameAsNode(site, { ca }, group);
          assert.equal(ended.body, 'answered');
        });
      }

      it('that the server does not have ends as with Node', async () => {
        const site = await answering({ maxVersion, ecdhCurve: 'P-384' });
        const ended = await sameAsNode(site, { ca, ecdhCurve: 'P-256' }, group);
        assert.match(String(ended), /^failed /);
        assert.equal(site.requests, 0);
      });
    });

    describe(`sigalgs up to ${maxVersion}`, () => {
      for (const sigalgs of [
        'ecdsa_secp256r1_sha256',
        'ECDSA+SHA256',
        'ECDSA+SHA256:RSA-PSS+SHA256',
        'rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256',
        'ecdsa_secp384r1_sha384:ecdsa_secp256r1_sha256',
        'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:ecdsa_secp256r1_sha256',
      ]) {
        it(`${sigalgs} are those that the server sees`, async () => {
          const site = await serveTls({ maxVersion, ...both }, ({ socket }, res) =>
            res.end(JSON.stringify(socket.getSharedSigalgs().sort())),
          );
          const ended = await sameAsNode(site, { ca, sigalgs });
          assert.ok(JSON.parse(ended).length > 0);
        });
      }
    });
  }

  describe('sigalgs', () => {
    for (const sigalgs of ['', 'nonsense', 'RSA+nonsense', 1, ['ECDSA+SHA256'], {}]) {
      it(`${JSON.stringify(sigalgs)} throws as with Node's agent`, async () => {
        const site = await answering();
        assert.match(await sameAsNode(site, { ca, sigalgs }), /^thrown /);
        assert.equal(site.connections, 0);
      });
    }

    it('that the server cannot sign with end as with Node', async () => {
      const site = await answering();
      const ended = await sameAsNode(site, { ca, sigalgs: 'RSA-PSS+SHA256' });
      assert.match(ended, /^failed /);
      assert.equal(site.requests, 0);
    });

    it('null and undefined are the default', async () => {
      const site = await answering();
      for (const sigalgs of [null, undefined]) {
        assert.match(await sameAsNode(site, { ca, sigalgs }), /^answered$/);
      }
    });
  });

  describe('minDHSize', () => {
    const dhe = { ciphers: 'DHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2', dhparam: 'auto' };

    it('refuses a server whose group is smaller', async () => {
      const site = await answering({ ...both, ...dhe });
      const ciphers = dhe.ciphers;
      assert.match(await sameAsNode(site, { ca, ciphers }), /^answered$/);
      const ended = await sameAsNode(site, { ca, ciphers, minDHSize: 8192 });
      assert.match(ended, /^failed ERR_TLS_DH_PARAM_SIZE: /);
    });

    for (const minDHSize of [0, -1, NaN, '1024', null]) {
      it(`${minDHSize} ends as with Node's agent`, async () => {
        const site = await answering();
        await sameAsNode(site, { ca, minDHSize });
      });
    }
  });

  // What only a server needs is checked all the same, and changes nothing.
  for (const [name, good, bad] of [
    ['dhparam', ['auto', null], [1, {}]],
    ['sessionIdContext', ['a context', null], [1, 'x'.repeat(100)]],
    ['sessionTimeout', [300, null], ['x', -1]],
    ['ticketKeys', [Buffer.alloc(48), null], ['x', Buffer.alloc(3)]],
    ['clientCertEngine', [null, undefined], [1]],
    ['privateKeyIdentifier', [null, undefined], ['id']],
  ]) {
    it(`${name} is checked as Node's agent checks it`, async () => {
      const site = await answering();
      for (const value of good) {
        assert.match(await sameAsNode(site, { ca, [name]: value }), /^answered$/);
      }
      for (const value of bad) {
        assert.match(await sameAsNode(site, { ca, [name]: value }), /^thrown /);
      }
    });
  }
});
