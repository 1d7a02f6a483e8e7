'use strict';

// A server that wants a client certificate: with TLS 1.2 the handshake fails, with TLS 1.3 the
// client is done with it before the server has looked.

const assert = require('node:assert');
const { answer, getSecure, httpsAgentWith, requestSecure } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { cleanUp } = require('./support/peer');
const { sameFailure } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

describe('TLS errors: the client certificate', () => {
  let ca;
  let client;

  before(async () => {
    ({
      root: { pem: ca },
      client,
    } = await pki());
  });

  afterEach(cleanUp);

  // The server closes at once; through the middle its alert always arrives before its reset.
  async function demanding(version) {
    const site = await serveTls({ maxVersion: version, ca, requestCert: true });
    const ended = { serverEnded: (link) => link.end() };
    return { site, direct: site.port, port: (await between(site.port, ended)).port };
  }

  it('missing, TLS 1.2: the handshake fails', async () => {
    const { site, port } = await demanding('TLSv1.2');
    const { seen } = await sameFailure(port, { ca }, { code: 'EPROTO' });
    assert.ok(!seen.events.includes('socket secureConnect'));
    await sameFailure(port, { ca }, { start: requestSecure });
    assert.strictEqual(site.requests, 0);
  });

  it("missing, TLS 1.3: the alert comes after 'secureConnect'", async () => {
    const { site, port } = await demanding('TLSv1.3');
    const code = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';
    const { seen } = await sameFailure(port, { ca }, { code });
    assert.ok(seen.events.includes('socket secureConnect'));
    assert.strictEqual(seen.socket.authorized, true);
    await sameFailure(port, { ca }, { start: requestSecure, code });
    assert.strictEqual(site.requests, 0);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`of an unknown issuer, ${version}: the server hangs up`, async () => {
      const { site, port } = await demanding(version);
      const { key, pem: cert } = await certificate({ subject: 'stranger', names: [] });
      await sameFailure(port, { ca, key, cert }, { code: 'ECONNRESET' });
      assert.strictEqual(site.requests, 0);
      assert.ok(site.clientErrors.length >= 1);
    });

    it(`as wanted, ${version}: the request is answered`, async () => {
      const { site, direct } = await demanding(version);
      const agent = httpsAgentWith({ ca, key: client.key, cert: client.chain });
      const { res } = await answer(getSecure({ port: direct, agent }));
      assert.strictEqual(res.statusCode, 200);
      assert.strictEqual(site.requests, 1);
    });
  }
});
