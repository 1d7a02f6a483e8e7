'use strict';

// What a socket says of its connection, compared with what Node's says of one to the same server.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');
const { assertSameLife, life } = require('./fixtures/tls-facts');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  stock,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveRawTls, serveTls } = require('./support/tls-server');

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
const hasHybrids = offersHybrids();

function offersHybrids() {
  try {
    tls.createSecureContext({ ecdhCurve: 'X25519MLKEM768' });
    return true;
  } catch {
    return false;
  }
}

describe('a TLS socket', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // The same request over both; gives what Node's socket has said.
  async function compare(served, options = {}, transport = undefined) {
    const site = await serveTls(served);
    const asked = { port: site.port };
    const node = await life(nodeAgentWith({ ca, ...options }), asked);
    const ours = await life(httpsAgentWith({ ca, ...options }), asked);
    assertSameLife(ours, node, transport);
    assert.equal(site.handshakes, 2);
    return node.seen;
  }

  it('is a TLSSocket and a net.Socket', async () => {
    const site = await serveTls();
    const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
    const { socket } = await answer(req);
    assert.ok(socket instanceof tls.TLSSocket);
    assert.ok(socket instanceof net.Socket);
    assert.equal(socket.constructor.name, 'TLSSocket');
    if (!stock) assert.equal(socket.transport, 'rustls');
  });

  for (const version of VERSIONS) {
    describe(version, () => {
      it('says before, during and after what Node says', async () => {
        const seen = await compare({ maxVersion: version });
        assert.equal(seen.socket.secureConnecting, true);
        assert.equal(seen.socket.alpnProtocol, null);
        assert.equal(seen.socket.servername, null);
        assert.equal(seen.socket.authorized, false);
        assert.equal(seen.secureConnect.secureConnecting, false);
        assert.equal(seen.secureConnect.authorized, true);
        assert.equal(seen.secureConnect.authorizationError, null);
        assert.equal(seen.secureConnect.getProtocol, version);
        assert.equal(seen.secureConnect.servername, 'localhost');
        assert.equal(seen.secureConnect.alpnProtocol, false);
      });

      for (const key of ['p256', 'p384', 'p521', 'rsa', 'ed25519']) {
        it(`with a certificate of ${key}`, async () => {
          const { root } = await pki();
          const leaf = await certificate({ issuer: root, key });
          const served = { key: leaf.key, cert: leaf.chain, maxVersion: version };
          // A server of TLS 1.2 needs the client to have the curve for key exchange too.
          const nodeOnly = key === 'p521' && version === 'TLSv1.2';
          const seen = await compare(served, {}, nodeOnly ? 'node' : 'rustls');
          assert.equal(seen.secureConnect.authorized, true);
          assert.equal(seen.response.getPeerX509Certificate, leaf.pem);
        });
      }

      for (const group of ['X25519', 'P-256', 'P-384', 'X25519MLKEM768']) {
        const hybrid = group === 'X25519MLKEM768';
        if (hybrid && (version === 'TLSv1.2' || !hasHybrids)) continue;
        it(`with the group ${group}`, async () => {
          const { root } = await pki();
          // rustls begins with the group that a server of this name had before.
          const name = `${group.toLowerCase()}.test`;
          const leaf = await certificate({ issuer: root, names: [name] });
          const seen = await compare(
            { key: leaf.key, cert: leaf.chain, maxVersion: version, ecdhCurve: group },
            { servername: name },
          );
          assert.equal(seen.secureConnect.servername, name);
        });
      }

      it('with ALPN', async () => {
        const seen = await compare(
          { maxVersion: version, ALPNProtocols: ['http/1.1'] },
          { ALPNProtocols: ['x-other', 'http/1.1'] },
        );
        assert.equal(seen.secureConnect.alpnProtocol, 'http/1.1');
      });

      it('with ALPN that the server leaves unanswered', async () => {
        const inner = http.createServer((_req, res) => res.end());
        const site = await serveRawTls({ maxVersion: version }, (socket) => {
          inner.emit('connection', socket);
        });
        const options = { ca, ALPNProtocols: ['http/1.1'] };
        const node = await life(nodeAgentWith(options), { port: site.port });
        const ours = await life(httpsAgentWith(options), { port: site.port });
        assertSameLife(ours, node);
        assert.equal(node.seen.secureConnect.alpnProtocol, false);
      });

      it('without a server name', async () => {
        const seen = await compare({ maxVersion: version }, { servername: '' });
        assert.equal(typeof seen.secureConnect.authorized, 'boolean');
      });

      it('with a server that is not trusted', async () => {
        const other = await certificate({ subject: 'another root', ca: true });
        const seen = await compare(
          { maxVersion: version },
          { ca: other.pem, rejectUnauthorized: false },
        );
        assert.equal(seen.secureConnect.authorized, false);
        assert.equal(seen.secureConnect.authorizationError, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
      });

      it('with a server of another name', async () => {
        const { root } = await pki();
        const leaf = await certificate({ issuer: root, names: ['other.test'] });
        const seen = await compare(
          { key: leaf.key, cert: leaf.chain, maxVersion: version },
          { rejectUnauthorized: false },
        );
        assert.equal(seen.secureConnect.authorizationError, 'ERR_TLS_CERT_ALTNAME_INVALID');
      });

      it("over Node's transport", async () => {
        await compare({ maxVersion: version }, { transport: 'node' }, 'node');
      });
    });
  }

  for (const suite of [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
  ]) {
    it(`with the suite ${suite}`, async () => {
      const seen = await compare({ ciphers: suite, minVersion: 'TLSv1.3' });
      assert.equal(seen.secureConnect.getCipher.standardName, suite);
    });
  }

  for (const aead of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']) {
    for (const [kind, key] of [
      ['ECDSA', 'p256'],
      ['RSA', 'rsa'],
    ]) {
      const suite = `ECDHE-${kind}-${aead}`;
      it(`with the suite ${suite}`, async () => {
        const { root } = await pki();
        const leaf = await certificate({ issuer: root, key });
        const seen = await compare({
          key: leaf.key,
          cert: leaf.chain,
          ciphers: suite,
          maxVersion: 'TLSv1.2',
        });
        assert.equal(seen.secureConnect.getCipher.name, suite);
      });
    }
  }

  // What rustls does not have, Node's own TLS serves, within the same request.
  for (const suite of ['AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA']) {
    it(`with the suite ${suite}, over Node's TLS`, async () => {
      const { root } = await pki();
      const leaf = await certificate({
        issuer: root,
        key: suite.startsWith('ECDHE') ? 'p256' : 'rsa',
      });
      const site = await serveTls({
        key: leaf.key,
        cert: leaf.chain,
        ciphers: suite,
        maxVersion: 'TLSv1.2',
      });
      const asked = { port: site.port };
      const node = await life(nodeAgentWith({ ca }), asked);
      const ours = await life(httpsAgentWith({ ca }), asked);
      assertSameLife(ours, node, 'node');
      // Once it is Node's, it tells also what rustls would not.
      assert.deepEqual(ours.seen.response, node.seen.response);
    });
  }
});
