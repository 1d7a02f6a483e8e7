'use strict';

// The certificates of both ends, as a socket shows them.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { once } = require('node:events');
const { assertSameLife, life } = require('./fixtures/tls-facts');
const { certificate, pki, selfSigned } = require('./support/certificates');
const {
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe("a TLS socket's certificates", () => {
  afterEach(dispose);
  afterEach(closeServers);

  let own;
  before(async () => {
    own = await pki();
  });

  // What Node's socket says of the server, once ours has said the same.
  async function same(served, options, transport) {
    const site = await serveTls(served);
    const node = await life(nodeAgentWith(options), { port: site.port });
    const ours = await life(httpsAgentWith(options), { port: site.port });
    assertSameLife(ours, node, transport);
    return node.seen.secureConnect;
  }

  // The common names from the leaf up, until one is its own issuer or has none.
  function namesOf(leaf) {
    const names = [];
    for (let shown = leaf; shown; shown = shown.issuerCertificate) {
      names.push(shown.subject.CN);
      if (shown.issuerCertificate === shown) return [...names, 'itself'];
    }
    return names;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      it('link the whole chain up to a root that is its own issuer', async () => {
        const { root, server } = own;
        const seen = await same(
          { key: server.key, cert: server.chain, maxVersion: version },
          { ca: root.pem },
        );
        assert.deepEqual(namesOf(seen.getDetailedPeerCertificate), [
          'localhost',
          'oxagent test intermediate',
          'oxagent test root',
          'itself',
        ]);
        assert.equal(seen.getPeerCertificate.issuerCertificate, undefined);
      });

      it('link the root that the server has sent too', async () => {
        const { root, server } = own;
        await same(
          { key: server.key, cert: server.chain + root.pem, maxVersion: version },
          { ca: root.pem },
        );
      });

      it('link an intermediate that only the client has', async () => {
        const { root, intermediate, server } = own;
        await same(
          { key: server.key, cert: server.pem, maxVersion: version },
          { ca: [root.pem, intermediate.pem] },
        );
      });

      it('end where nobody knows the issuer', async () => {
        const { server } = own;
        const other = await certificate({ subject: 'another root', ca: true });
        const seen = await same(
          { key: server.key, cert: server.chain, maxVersion: version },
          { ca: other.pem, rejectUnauthorized: false },
        );
        assert.deepEqual(namesOf(seen.getDetailedPeerCertificate), [
          'localhost',
          'oxagent test intermediate',
        ]);
      });

      // OpenSSL says that such a certificate is its own issuer, unless its key usage forbids it.
      for (const [what, options, transport] of [
        ['may issue', { keyUsage: null }, 'rustls'],
        ['may not issue', {}, 'node'],
      ]) {
        it(`show a self-signed one that is trusted and ${what}`, async () => {
          const leaf = await selfSigned(options);
          const seen = await same(
            { key: leaf.key, cert: leaf.pem, maxVersion: version },
            { ca: leaf.pem },
            transport,
          );
          assert.equal(seen.authorized, true);
        });
      }

      it('show a self-signed one that nobody trusts', async () => {
        const leaf = await selfSigned({ key: 'rsa' });
        const seen = await same(
          { key: leaf.key, cert: leaf.pem, maxVersion: version },
          { ca: own.root.pem, rejectUnauthorized: false },
        );
        assert.equal(seen.authorizationError, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      });

      it("of a resumed connection's peer are forgotten, as in Node", async () => {
        const { root, server } = own;
        const site = await serveTls({ key: server.key, cert: server.chain, maxVersion: version });
        const second = async (agent) => {
          await life(agent, { port: site.port });
          return life(agent, { port: site.port });
        };
        const node = await second(nodeAgentWith({ ca: root.pem }));
        const ours = await second(httpsAgentWith({ ca: root.pem }));
        assert.equal(site.resumed, 2);
        assert.equal(node.seen.secureConnect.isSessionReused, true);
        assert.equal(node.seen.secureConnect.authorized, true);
        // Before the handshake Node's shows what it offers to resume.
        const offered = ['getCipher', 'getSession'];
        const except = { socket: offered, connect: offered };
        if (version === 'TLSv1.2') {
          // Newer OpenSSL tells the group of the first handshake, which this one has not used.
          for (const event of ['secureConnect', 'secure', 'response']) {
            except[event] = ['getEphemeralKeyInfo'];
          }
        }
        assertSameLife(ours, node, 'rustls', except);
      });

      for (const key of ['p256', 'p384', 'rsa', 'ed25519']) {
        it(`show the client's own, with a key of ${key}`, async () => {
          const { root, intermediate, server } = own;
          const client = await certificate({ subject: 'a client', issuer: intermediate, key });
          const seen = await same(
            {
              key: server.key,
              cert: server.chain,
              ca: root.pem,
              requestCert: true,
              maxVersion: version,
            },
            { ca: root.pem, cert: client.chain, key: client.key },
          );
          assert.equal(seen.getCertificate.subject.CN, 'a client');
          assert.equal(seen.getX509Certificate, client.pem);
        });
      }

      it("show the client's own, also to a server that has not asked for it", async () => {
        const { root, server, client } = own;
        const seen = await same(
          { key: server.key, cert: server.chain, maxVersion: version },
          { ca: root.pem, cert: client.chain, key: client.key },
          // In TLS 1.2 it may still ask, by a second handshake.
          version === 'TLSv1.2' ? 'node' : 'rustls',
        );
        assert.equal(seen.getX509Certificate, client.pem);
      });

      it('show none of the client, if it has none', async () => {
        const { root, server } = own;
        const seen = await same(
          {
            key: server.key,
            cert: server.chain,
            ca: root.pem,
            requestCert: true,
            rejectUnauthorized: false,
            maxVersion: version,
          },
          { ca: root.pem },
        );
        assert.deepEqual(seen.getCertificate, {});
        assert.equal(seen.getX509Certificate, undefined);
      });
    });
  }

  it('come as X509Certificate', async () => {
    const { root, server } = own;
    const site = await serveTls();
    const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca: root.pem }) });
    const [res] = await once(req, 'response');
    const shown = res.socket.getPeerX509Certificate();
    assert.ok(shown instanceof X509Certificate);
    assert.ok(shown.raw.equals(server.der));
    assert.ok(shown.verify(new X509Certificate(own.intermediate.pem).publicKey));
    res.resume();
  });

  differs('Node links issuers from the connection that it has')(
    'come as X509Certificate without their issuer',
    async () => {
      const site = await serveTls();
      const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca: own.root.pem }) });
      const [res] = await once(req, 'response');
      assert.equal(res.socket.getPeerX509Certificate().issuerCertificate, undefined);
      res.resume();
    },
  );

  it('are new objects each time', async () => {
    const site = await serveTls();
    const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca: own.root.pem }) });
    const [res] = await once(req, 'response');
    const { socket } = res;
    const first = socket.getPeerCertificate(true);
    first.subject.CN = 'changed';
    first.raw.fill(0);
    first.issuerCertificate.subject.CN = 'changed';
    const again = socket.getPeerCertificate(true);
    assert.equal(again.subject.CN, 'localhost');
    assert.ok(again.raw.equals(own.server.der));
    assert.equal(again.issuerCertificate.subject.CN, 'oxagent test intermediate');
    res.resume();
  });
});
