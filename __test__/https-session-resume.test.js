'use strict';

// A second connection to an origin resumes the session of the first.

const assert = require('node:assert/strict');
const { constants, randomBytes } = require('node:crypto');
const {
  answer,
  closed,
  dispose,
  getSecure,
  httpsAgentWith,
  requestSecure,
  reused,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('HttpsAgent session resumption', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const served = (options) => serveTls({ maxVersion: version, ...options });

      it('is on by default', async () => {
        const site = await served();
        const agent = httpsAgentWith({ ca });
        const seen = [];
        for (let i = 0; i < 3; i++) seen.push(await reused(site, agent));
        assert.deepEqual(seen, [false, true, true]);
        assert.equal(site.handshakes, 3);
        assert.equal(site.resumed, 2);
      });

      it('goes by what certificates are, not by which Buffer holds them', async () => {
        // A certificate that no server of TLS 1.2 asks for is a matter of Node's TLS.
        const site = await served({ requestCert: true, rejectUnauthorized: false });
        const { client } = await pki();
        const agent = httpsAgentWith();
        for (let i = 0; i < 3; i++) {
          const { socket } = await answer(
            getSecure({
              port: site.port,
              agent,
              ca: [Buffer.from(ca)],
              cert: Buffer.from(client.chain),
              key: new Uint8Array(Buffer.from(client.key)),
            }),
          );
          await closed(socket);
        }
        assert.deepEqual([site.handshakes, site.resumed], [3, 2]);
      });

      it('is told while the connection is in use', async () => {
        const site = await served();
        const agent = httpsAgentWith({ ca });
        await reused(site, agent);
        const req = getSecure({ port: site.port, agent });
        const told = new Promise((resolve) => {
          req.once('socket', (socket) =>
            socket.once('secureConnect', () =>
              resolve([socket.isSessionReused(), socket.authorized, socket.getProtocol()]),
            ),
          );
        });
        await answer(req);
        assert.deepEqual(await told, [true, true, version]);
      });

      it('is the same with keepAlive, when a kept connection has gone', async () => {
        const site = await served();
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        agent.destroy();
        await closed(socket);
        const next = await answer(getSecure({ port: site.port, agent }));
        assert.equal(next.socket.isSessionReused(), true);
        assert.equal(site.resumed, 1);
      });

      it('carries bodies both ways', async () => {
        const echo = await serveTls({ maxVersion: version }, (req, res) => req.pipe(res));
        const agent = httpsAgentWith({ ca });
        for (let i = 0; i < 2; i++) {
          const req = requestSecure({ port: echo.port, method: 'POST', agent });
          req.end('x'.repeat(100_000));
          const { body, socket } = await answer(req);
          assert.equal(body.length, 100_000);
          await closed(socket);
        }
        assert.equal(echo.resumed, 1);
      });

      it('is not for another agent', async () => {
        const site = await served();
        for (let i = 0; i < 3; i++) {
          assert.equal(await reused(site, httpsAgentWith({ ca })), false);
        }
        assert.equal(site.resumed, 0);
      });

      it('is not for another origin', async () => {
        const sites = [await served(), await served()];
        const agent = httpsAgentWith({ ca });
        for (const site of sites) assert.equal(await reused(site, agent), false);
        for (const site of sites) assert.equal(await reused(site, agent), true);
      });

      it('is not for the same server under other options', async () => {
        const site = await served();
        const agent = httpsAgentWith();
        const given = [
          { ca },
          { ca: [ca, ca] },
          { ca, servername: '' },
          { ca, rejectUnauthorized: false },
          { ca, ciphers: 'HIGH:TLS_AES_128_GCM_SHA256' },
          { ca, localAddress: '127.0.0.1' },
        ];
        for (const options of given) assert.equal(await reused(site, agent, options), false);
        assert.equal(site.resumed, 0);
        assert.equal(await reused(site, agent, given[0]), true);
      });

      it('that the server refuses is a full handshake', async () => {
        const site = await served();
        const agent = httpsAgentWith({ ca });
        assert.equal(await reused(site, agent), false);
        site.server.setTicketKeys(randomBytes(48));
        assert.equal(await reused(site, agent), false);
        assert.equal(await reused(site, agent), true);
        assert.equal(site.resumed, 1);
      });

      it('leaves many connections at once their answers', async () => {
        const site = await served();
        const agent = httpsAgentWith({ ca });
        await reused(site, agent);
        const seen = await Promise.all(Array.from({ length: 10 }, () => reused(site, agent)));
        assert.ok(seen.includes(true));
        // A ticket of TLS 1.3 may be kept for one use.
        if (version === 'TLSv1.2') assert.ok(!seen.includes(false));
        assert.equal(site.handshakes, 11);
        assert.equal(site.requests, 11);
      });

      it('needs the server to offer it', async () => {
        const site = await served({ secureOptions: constants.SSL_OP_NO_TICKET });
        const agent = httpsAgentWith({ ca });
        for (let i = 0; i < 3; i++) await reused(site, agent);
        assert.equal(site.handshakes, 3);
        assert.equal(site.requests, 3);
      });
    });
  }

  it('is by session id, where the server keeps the sessions of TLS 1.2', async () => {
    const site = await serveTls({
      maxVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    const kept = new Map();
    site.server.on('newSession', (id, data, done) => {
      kept.set(id.toString('hex'), data);
      done();
    });
    site.server.on('resumeSession', (id, done) => done(null, kept.get(id.toString('hex')) ?? null));
    const agent = httpsAgentWith({ ca });
    assert.equal(await reused(site, agent), false);
    assert.equal(await reused(site, agent), true);
    assert.equal(site.resumed, 1);
    assert.equal(kept.size, 1);
  });

  it('does not carry a session from one version to another', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, transport: 'rustls' });
    assert.equal(await reused(site, agent, { maxVersion: 'TLSv1.2' }), false);
    assert.equal(await reused(site, agent, { minVersion: 'TLSv1.3' }), false);
    assert.equal(await reused(site, agent, { maxVersion: 'TLSv1.2' }), true);
    assert.equal(await reused(site, agent, { minVersion: 'TLSv1.3' }), true);
  });
});
