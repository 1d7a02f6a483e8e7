'use strict';

// A program that knows its server's certificate destroys the socket when another is shown: the
// server must then not have seen one byte of the request.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { once } = require('node:events');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  dispose,
  failure,
  httpsAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { closeServers, gone } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveRawTls, serveTls } = require('./support/tls-server');

const BODY = Buffer.alloc(300_000, 'secret');

describe('a pin that does not match', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let pinned;
  before(async () => {
    ca = (await pki()).root.pem;
    pinned = new X509Certificate((await certificate()).pem).fingerprint256;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      // Counts what arrives above TLS; `over` is given when a connection is over.
      async function listening(options) {
        const site = await serveRawTls({ maxVersion: version, ...options }, (socket) => {
          socket.on('data', (chunk) => {
            site.seen += chunk.length;
          });
        });
        site.seen = 0;
        site.over = new Promise((resolve) => {
          site.server.once('connection', (socket) => socket.once('close', resolve));
        });
        return site;
      }

      const GIVING_UP = {
        'socket.destroy()': (socket) => socket.destroy(),
        'socket.destroy(error)': (socket) => socket.destroy(new Error('not the pinned one')),
        'request.destroy()': (_socket, req) => req.destroy(),
        'request.destroy(error)': (_socket, req) => req.destroy(new Error('not the pinned one')),
        'agent.destroy()': (_socket, _req, agent) => agent.destroy(),
      };

      for (const [how, giveUp] of Object.entries(GIVING_UP)) {
        for (const [what, begin] of [
          ['a request without a body', (req) => req.end()],
          ['a body that has ended', (req) => req.end(BODY)],
          [
            'a body that goes on',
            (req) => {
              for (let i = 0; i < 5; i++) req.write(BODY);
            },
          ],
        ]) {
          it(`keeps ${what} from the server, by ${how}`, async () => {
            const site = await listening();
            const agent = httpsAgentWith({ ca, keepAlive: true });
            const req = requestSecure({ port: site.port, method: 'POST', agent });
            const expected = failure(req);
            req.once('socket', (socket) => {
              socket.on('secureConnect', () => {
                const { fingerprint256 } = socket.getPeerCertificate();
                assert.match(fingerprint256, /^([0-9A-F]{2}:){31}/);
                if (fingerprint256 === pinned) return;
                giveUp(socket, req, agent);
              });
            });
            begin(req);
            const error = await expected;
            if (how.includes('(error)')) assert.equal(error.message, 'not the pinned one');
            else assert.equal(error.code, 'ECONNRESET');
            await site.over;
            assert.equal(site.seen, 0);
            assert.equal(site.connections, 1);
            assertIdle(agent);
          });
        }
      }

      it('keeps it also from a server that was not to be trusted', async () => {
        const other = await certificate({ subject: 'another root', ca: true });
        const site = await listening();
        const agent = httpsAgentWith({ ca: other.pem, rejectUnauthorized: false });
        const req = requestSecure({ port: site.port, method: 'POST', agent });
        const expected = failure(req);
        req.once('socket', (socket) => {
          socket.on('secureConnect', () => {
            if (!socket.authorized) socket.destroy(new Error(socket.authorizationError));
          });
        });
        req.end(BODY);
        assert.equal((await expected).message, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
        await site.over;
        assert.equal(site.seen, 0);
      });

      it('keeps it also over a resumed session', async () => {
        let seen = 0;
        const site = await serveTls({ maxVersion: version }, (req, res) => {
          seen++;
          req.resume().on('end', () => res.end());
        });
        const agent = httpsAgentWith({ ca });
        const first = requestSecure({ port: site.port, agent });
        first.end();
        const { socket } = await answer(first);
        if (!socket.closed) await once(socket, 'close');
        const req = requestSecure({ port: site.port, method: 'POST', agent });
        const expected = failure(req);
        let reused;
        req.once('socket', (socket) => {
          socket.on('secureConnect', () => {
            reused = socket.isSessionReused();
            socket.destroy();
          });
        });
        req.end(BODY);
        await expected;
        assert.equal(reused, true);
        const closing = [...site.sockets].map(gone);
        await Promise.all(closing);
        assert.equal(seen, 1);
      });

      it('keeps those in the queue for a connection of their own', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 1 });
        const doomed = requestSecure({ port: site.port, agent });
        const expected = failure(doomed);
        doomed.once('socket', (socket) => {
          socket.once('secureConnect', () => socket.destroy());
        });
        doomed.end();
        const next = requestSecure({ port: site.port, agent });
        next.end();
        await expected;
        await answer(next);
        assert.equal(site.requests, 1);
        assert.equal(site.connections, 2);
      });
    });
  }

  it("keeps the request from a server that only Node's TLS serves", async () => {
    let seen = 0;
    const options = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' };
    const site = await serveRawTls(options, (socket) => {
      socket.on('data', (chunk) => {
        seen += chunk.length;
      });
    });
    const agent = httpsAgentWith({ ca });
    const req = requestSecure({ port: site.port, method: 'POST', agent });
    const expected = failure(req);
    const over = once(site.server, 'secureConnection').then(([socket]) => gone(socket));
    req.once('socket', (socket) => socket.once('secureConnect', () => socket.destroy()));
    req.end(BODY);
    assert.equal((await expected).code, 'ECONNRESET');
    await over;
    assert.equal(seen, 0);
  });
});
