'use strict';

const assert = require('node:assert/strict');
const {
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
} = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent option rejectUnauthorized', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const verdict = ({ authorized, authorizationError }) => ({ authorized, authorizationError });

  async function unknown() {
    const leaf = await selfSigned();
    return serveTls({ cert: leaf.pem, key: leaf.key }, (_req, res) => res.end('answered'));
  }

  for (const where of ['agent', 'request']) {
    for (const rejectUnauthorized of [undefined, true, null, 0, '', NaN, 'false']) {
      it(`${String(rejectUnauthorized) || "''"} of the ${where} refuses`, async () => {
        const site = await unknown();
        const options =
          where === 'agent' ? { rejectUnauthorized } : { request: { rejectUnauthorized } };
        const ended = await sameAsNode(site, options, verdict);
        assert.match(ended, /^failed DEPTH_ZERO_SELF_SIGNED_CERT: /);
        assert.equal(site.requests, 0);
      });
    }

    it(`false of the ${where} accepts, and says why it would not have`, async () => {
      const site = await unknown();
      const options =
        where === 'agent'
          ? { rejectUnauthorized: false }
          : { request: { rejectUnauthorized: false } };
      assert.deepEqual(await sameAsNode(site, options, verdict), {
        body: 'answered',
        authorized: false,
        authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      });
    });
  }

  it("of the agent comes before a request's", async () => {
    const site = await unknown();
    const strict = { rejectUnauthorized: true, request: { rejectUnauthorized: false } };
    assert.match(await sameAsNode(site, strict, verdict), /^failed /);
    const lax = { rejectUnauthorized: false, request: { rejectUnauthorized: true } };
    assert.equal((await sameAsNode(site, lax, verdict)).body, 'answered');
  });

  it('false still says that a good server is authorized', async () => {
    const site = await serveTls({}, (_req, res) => res.end('answered'));
    const { root } = await pki();
    const options = { ca: root.pem, rejectUnauthorized: false };
    assert.deepEqual(await sameAsNode(site, options, verdict), {
      body: 'answered',
      authorized: true,
      authorizationError: null,
    });
  });

  for (const [what, options, code] of [
    ['an unknown issuer', { names: ['localhost'] }, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    ['a wrong host', { names: ['wrong.example'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an expired certificate', { notAfter: new Date(Date.now() - 60_000) }, 'CERT_HAS_EXPIRED'],
  ]) {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      it(`false accepts ${what}, resumes it and says so again (${version})`, async () => {
        const { root, intermediate } = await pki();
        const leaf = await certificate({ issuer: intermediate, ...options });
        const site = await serveTls({ cert: leaf.chain, key: leaf.key, maxVersion: version });
        const ca = code === 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' ? undefined : root.pem;
        const agent = httpsAgentWith({ ca, rejectUnauthorized: false });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        assert.deepEqual(verdict(socket), { authorized: false, authorizationError: code });
        await closed(socket);
        const again = await answer(getSecure({ port: site.port, agent }));
        assert.equal(site.resumed, 1);
        // Node forgets that the name was wrong.
        if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') {
          assert.deepEqual(verdict(again.socket), { authorized: false, authorizationError: code });
        }
      });
    }
  }

  it('false for one request leaves the next one strict', async () => {
    const site = await unknown();
    const agent = httpsAgentWith({ keepAlive: true });
    await answer(getSecure({ port: site.port, rejectUnauthorized: false, agent }));
    for (const options of [{}, { rejectUnauthorized: true }]) {
      const error = await failure(getSecure({ port: site.port, ...options, agent }));
      assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    }
    await answer(getSecure({ port: site.port, rejectUnauthorized: false, agent }));
    assert.equal(site.requests, 2);
  });
});
