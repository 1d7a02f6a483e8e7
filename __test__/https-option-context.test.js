'use strict';

// secureContext, crl, requestOCSP and allowPartialTrustChain.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const tls = require('node:tls');
const { answer, dispose, getSecure, httpsAgentWith, since } = require('./support/https-agent');
const { certificate, crl, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent options that make a context', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let root;
  let intermediate;
  let client;
  before(async () => {
    ({ root, intermediate, client } = await pki());
  });

  const served = (options) => serveTls(options, (_req, res) => res.end('answered'));

  const told = (socket) => ({
    authorized: socket.authorized,
    protocol: socket.getProtocol(),
  });

  describe('secureContext', () => {
    for (const where of ['agent', 'request']) {
      it(`of the ${where} decides whom to trust`, async () => {
        const site = await served();
        const secureContext = tls.createSecureContext({ ca: root.pem, maxVersion: 'TLSv1.2' });
        const options = where === 'agent' ? { secureContext } : { request: { secureContext } };
        assert.deepEqual(await sameAsNode(site, options, told), {
          body: 'answered',
          authorized: true,
          protocol: 'TLSv1.2',
        });
      });
    }

    it('makes the options beside it count for nothing, as in Node', async () => {
      const site = await served();
      const secureContext = tls.createSecureContext();
      const ended = await sameAsNode(site, { secureContext, ca: root.pem });
      assert.match(ended, /^failed UNABLE_TO_GET_ISSUER_CERT_LOCALLY: /);
      assert.equal(site.requests, 0);
    });

    it('carries a client certificate', async () => {
      const site = await serveTls({ requestCert: true, ca: root.pem }, ({ socket }, res) =>
        res.end(socket.getPeerCertificate().subject.CN),
      );
      const secureContext = tls.createSecureContext({
        ca: root.pem,
        cert: client.chain,
        key: client.key,
      });
      assert.equal(await sameAsNode(site, { secureContext }), 'oxagent test client');
    });

    it('serves many connections', async () => {
      const site = await served();
      const secureContext = tls.createSecureContext({ ca: root.pem });
      const agent = httpsAgentWith({ secureContext, keepAlive: true });
      const reqs = Array.from({ length: 5 }, () => getSecure({ port: site.port, agent }));
      for (const { body } of await Promise.all(reqs.map(answer))) assert.equal(body, 'answered');
      for (let i = 0; i < 5; i++) await answer(getSecure({ port: site.port, agent }));
      assert.equal(site.connections, 5);
      agent.destroy();
      await answer(getSecure({ port: site.port, agent }));
      assert.equal(site.requests, 11);
    });

    for (const secureContext of [null, undefined, false]) {
      it(`${secureContext} is none`, async () => {
        const site = await served();
        assert.equal(await sameAsNode(site, { ca: root.pem, secureContext }), 'answered');
      });
    }
  });

  describe('crl', () => {
    async function chainWith({ revoked = [], intermediateRevoked = [] } = {}) {
      return [await crl(root, intermediateRevoked), await crl(intermediate, revoked)];
    }

    it('lets through what it does not list', async () => {
      const site = await served();
      const lists = await chainWith();
      for (const given of [lists, lists.map((list) => Buffer.from(list)), [...lists].reverse()]) {
        assert.equal(await sameAsNode(site, { ca: root.pem, crl: given }), 'answered');
      }
    });

    it('refuses a server that it lists', async () => {
      const leaf = await certificate({ issuer: intermediate });
      const site = await served({ cert: leaf.chain, key: leaf.key });
      const lists = await chainWith({ revoked: [leaf.serialNumber] });
      const ended = await sameAsNode(site, { ca: root.pem, crl: lists });
      assert.match(ended, /^failed CERT_REVOKED: /);
      assert.equal(site.requests, 0);
    });

    it('refuses an intermediate that it lists', async () => {
      const site = await served();
      const lists = await chainWith({ intermediateRevoked: [intermediate.serialNumber] });
      const ended = await sameAsNode(site, { ca: root.pem, crl: lists });
      assert.match(ended, /^failed CERT_REVOKED: /);
    });

    it('that is missing for an issuer refuses', async () => {
      const site = await served();
      for (const list of await chainWith()) {
        const ended = await sameAsNode(site, { ca: root.pem, crl: list });
        assert.match(ended, /^failed UNABLE_TO_GET_CRL: /);
      }
    });

    it('of a request counts for that request', async () => {
      const leaf = await certificate({ issuer: intermediate });
      const site = await served({ cert: leaf.chain, key: leaf.key });
      const lists = await chainWith({ revoked: [leaf.serialNumber] });
      const options = { ca: root.pem, keepAlive: true };
      assert.match(
        await sameAsNode(site, { ...options, request: { crl: lists } }),
        /^failed CERT_REVOKED: /,
      );
      assert.equal(await sameAsNode(site, options), 'answered');
    });

    for (const bad of ['garbage', '', 1, {}, [1]]) {
      it(`${JSON.stringify(bad)} ends as with Node's agent`, async () => {
        const site = await served();
        assert.match(await sameAsNode(site, { ca: root.pem, crl: bad }), /^thrown /);
        assert.equal(site.connections, 0);
      });
    }
  });

  describe('requestOCSP', () => {
    async function stapled(options) {
      const site = await served();
      site.server.on('OCSPRequest', (_certificate, _issuer, callback) => {
        callback(null, Buffer.from('a response'));
      });
      const agent = httpsAgentWith({ ca: root.pem, ...options });
      const req = getSecure({ port: site.port, agent });
      const [socket] = await once(req, 'socket');
      const responses = [];
      socket.on('OCSPResponse', (response) => responses.push(response));
      await answer(req);
      return responses;
    }

    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      it(`true brings the server's response (${maxVersion})`, async () => {
        const responses = await stapled({ requestOCSP: true, maxVersion });
        assert.deepEqual(responses.map(String), ['a response']);
      });
    }

    it('absent brings none', async () => {
      assert.deepEqual(await stapled({}), []);
    });
  });

  since(22)('allowPartialTrustChain trusts an intermediate in ca', async () => {
    const site = await served();
    const ca = intermediate.pem;
    assert.match(await sameAsNode(site, { ca }), /^failed /);
    if (Number(process.versions.node.split('.')[0]) < 22) return;
    const ended = await sameAsNode(site, { ca, allowPartialTrustChain: true });
    assert.equal(ended, 'answered');
  });
});
