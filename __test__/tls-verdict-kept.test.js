'use strict';

// What is thought of a chain is found once for all connections that are shown it, and no program
// can tell but by the clock.

const assert = require('node:assert/strict');
const tls = require('node:tls');
const { PeerCertificates } = require('../lib/tls/peer-certificate');
const { labelChain } = require('../lib/tls/verdict');
const { certificate, pki, selfSigned } = require('./support/certificates');
const {
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  stock,
} = require('./support/https-agent');
const { countCalls, restoreNative } = require('./support/native');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const VISITS = 4;
const HOUR = 3_600_000;

describe('a verdict that is kept', () => {
  afterEach(restoreNative);
  afterEach(dispose);
  afterEach(closeServers);

  // A full handshake for each request; `look` sees the socket of each answer.
  async function visit(site, options, look = () => {}) {
    const agent = httpsAgentWith({ maxCachedSessions: 0, ...options });
    for (let i = 0; i < VISITS; i++) {
      const req = getSecure({ port: site.port, agent, ...options });
      req.once('response', ({ socket }) => look(socket));
      const { socket } = await answer(req);
      await closed(socket);
    }
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    describe(maxVersion, () => {
      it('reads a chain once that nobody vouches for', async function () {
        if (stock) this.skip();
        const leaf = await selfSigned();
        const site = await serveTls({ cert: leaf.pem, key: leaf.key, maxVersion });
        const reads = countCalls('certificates');
        const errors = [];
        await visit(site, { rejectUnauthorized: false }, (socket) => {
          assert.equal(socket.authorized, false);
          assert.equal(socket.transport, 'rustls');
          errors.push(socket.authorizationError);
        });
        assert.deepEqual(errors, Array(VISITS).fill('DEPTH_ZERO_SELF_SIGNED_CERT'));
        assert.equal(site.handshakes, VISITS);
        assert.equal(reads.count, 1);
      });

      it('asks once about a name', async function () {
        if (stock) this.skip();
        const { root } = await pki();
        const leaf = await certificate({ issuer: root });
        const site = await serveTls({ cert: leaf.pem, key: leaf.key, maxVersion });
        const reads = countCalls('certificates');
        for (const servername of ['other.example', 'third.example']) {
          const options = { ca: root.pem, servername, rejectUnauthorized: false };
          await visit(site, options, (socket) => {
            assert.equal(socket.authorizationError, 'ERR_TLS_CERT_ALTNAME_INVALID');
          });
        }
        const common = await certificate({ subject: 'common.example', names: [], issuer: root });
        const old = await serveTls({ cert: common.pem, key: common.key, maxVersion });
        await visit(old, { ca: root.pem, servername: 'common.example' }, (socket) => {
          assert.equal(socket.transport, 'rustls');
          assert.equal(socket.authorized, true);
        });
        assert.equal(reads.count, 2);
      });
    });
  }

  it('is refused with an error of its own at each connection', async () => {
    const leaf = await selfSigned();
    const site = await serveTls({ cert: leaf.pem, key: leaf.key });
    const { root } = await pki();
    const good = await serveTls();
    for (const [port, options, code] of [
      [site.port, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [good.port, { ca: root.pem, servername: 'other.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ]) {
      const agent = httpsAgentWith(options);
      const errors = [];
      for (let i = 0; i < VISITS; i++) {
        errors.push(await failure(getSecure({ port, agent, ...options })));
      }
      assert.equal(new Set(errors).size, VISITS);
      assert.equal(new Set(errors.map(({ cert }) => cert).filter(Boolean)).size % VISITS, 0);
      for (const error of errors) {
        assert.ok(error instanceof Error);
        assert.equal(error.code, code);
        assert.equal(error.message, errors[0].message);
      }
    }
  });

  it("calls a program's own function for each connection, with a certificate of its own", async () => {
    const { root } = await pki();
    const site = await serveTls();
    const asked = [];
    let refusal;
    const checkServerIdentity = (host, cert) => {
      asked.push([host, cert.subject.CN, cert.issuerCertificate.subject.CN, cert.raw[0]]);
      // Of the next one it must see nothing.
      cert.subject.CN = 'changed';
      cert.issuerCertificate.subject.CN = 'changed';
      cert.raw.fill(0);
      return refusal;
    };
    const options = { ca: root.pem, checkServerIdentity };
    await visit(site, options);
    const expected = ['localhost', 'localhost', 'oxagent test intermediate', 0x30];
    assert.deepEqual(asked, Array(VISITS).fill(expected));
    // What it says now holds, whatever it has said before.
    refusal = new Error('not any more');
    const req = getSecure({ port: site.port, agent: httpsAgentWith(options), ...options });
    assert.equal(await failure(req), refusal);
  });

  it('shares no object with the sockets of other connections', async () => {
    const { root } = await pki();
    const site = await serveTls();
    const shown = [];
    await visit(site, { ca: root.pem }, (socket) => {
      const cert = socket.getPeerCertificate(true);
      assert.equal(cert.subject.CN, 'localhost');
      assert.equal(cert.issuerCertificate.subject.CN, 'oxagent test intermediate');
      cert.subject.CN = 'changed';
      cert.issuerCertificate.subject.CN = 'changed';
      const x509 = socket.getPeerX509Certificate();
      assert.notEqual(socket.getPeerX509Certificate(), x509);
      assert.equal(x509.mark, undefined);
      x509.mark = 'changed';
      shown.push(x509, cert);
    });
    assert.equal(new Set(shown).size, 2 * VISITS);
  });

  it('is for the roots and the name that it was found with', async () => {
    const { root } = await pki();
    const other = await certificate({ subject: 'other root', ca: true });
    const site = await serveTls();
    const told = [];
    for (const [ca, servername] of [
      [other.pem, 'localhost'],
      [root.pem, 'localhost'],
      [root.pem, 'other.example'],
      [other.pem, 'localhost'],
      [root.pem, 'localhost'],
    ]) {
      const options = { ca, servername, rejectUnauthorized: false };
      const agent = httpsAgentWith({ maxCachedSessions: 0, ...options });
      const req = getSecure({ port: site.port, agent, ...options });
      req.once('response', ({ socket }) => told.push(socket.authorizationError));
      await closed((await answer(req)).socket);
    }
    assert.deepEqual(told, [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      null,
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      null,
    ]);
  });

  it("is the program's tls.checkServerIdentity() as soon as that is another", async () => {
    const { root } = await pki();
    const site = await serveTls();
    const options = { ca: root.pem, servername: 'other.example', rejectUnauthorized: false };
    await visit(site, options, (socket) => assert.equal(socket.authorized, false));
    const original = tls.checkServerIdentity;
    const asked = [];
    tls.checkServerIdentity = (host) => void asked.push(host);
    try {
      await visit(site, options, (socket) => assert.equal(socket.authorized, true));
    } finally {
      tls.checkServerIdentity = original;
    }
    assert.deepEqual(asked, Array(VISITS).fill('other.example'));
  });

  describe('holds until a date passes', () => {
    const roots = { bundled: [], own: [] };

    it('of the chain', async () => {
      const leaf = await certificate({ notAfter: new Date(Date.now() + HOUR) });
      const peer = new PeerCertificates([leaf.der], roots);
      const now = Date.now();
      const label = (hours) => labelChain(peer, roots, now + hours * HOUR);
      assert.equal(label(0), 'DEPTH_ZERO_SELF_SIGNED_CERT');
      assert.equal(label(0.5), 'DEPTH_ZERO_SELF_SIGNED_CERT');
      // OpenSSL would name that, last: it is asked.
      assert.equal(label(2), null);
      assert.equal(label(3), null);
      assert.equal(label(-9), null);
      assert.equal(label(0), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    });

    it("of an issuer of the client's own", async () => {
      const { root, intermediate, server } = await pki();
      const renewed = await certificate({
        subject: 'oxagent test intermediate',
        key: intermediate.pair,
        issuer: root,
        ca: true,
        notBefore: new Date(Date.now() + HOUR),
        notAfter: new Date(Date.now() + 90 * 24 * HOUR),
      });
      const brief = await certificate({
        subject: 'oxagent test intermediate',
        key: intermediate.pair,
        issuer: root,
        ca: true,
        notAfter: new Date(Date.now() + 2 * HOUR),
      });
      const own = [renewed.der, brief.der];
      const known = { bundled: [], own };
      const peer = new PeerCertificates([server.der], known);
      const now = Date.now();
      const label = (hours) => labelChain(peer, known, now + hours * HOUR);
      // There is one at each of these times, after another has begun, and one has ended.
      for (const hours of [0, 1.5, 3]) assert.equal(label(hours), 'UNABLE_TO_GET_ISSUER_CERT');
      assert.equal(label(-24 * 365), null);
      assert.equal(label(0), 'UNABLE_TO_GET_ISSUER_CERT');
    });
  });
});
