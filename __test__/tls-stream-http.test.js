'use strict';

// What HTTP does with a connection besides bodies, over TLS.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const tls = require('node:tls');
const { watch } = require('./fixtures/tls-watch');
const { pki } = require('./support/certificates');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

describe('HTTP over TLS', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const serve = (listener) => serveTls({ maxVersion: version }, listener);

      it('waits for 100-continue before the body', async () => {
        const site = await serve();
        let bodyAtContinue;
        site.server.on('checkContinue', (req, res) => {
          let text = '';
          req.on('data', (chunk) => {
            text += chunk;
          });
          req.on('end', () => res.end(`got ${text}`));
          setImmediate(() => {
            bodyAtContinue = text;
            res.writeContinue();
          });
        });
        const req = requestSecure({
          port: site.port,
          method: 'PUT',
          headers: { expect: '100-continue' },
          agent: httpsAgentWith({ ca, keepAlive: true }),
        });
        const answered = answer(req);
        req.flushHeaders();
        await once(req, 'continue');
        req.end('the body');
        assert.equal((await answered).body, 'got the body');
        assert.equal(bodyAtContinue, '');
      });

      it('hears early hints', async () => {
        const site = await serve((_req, res) => {
          res.writeProcessing();
          res.writeEarlyHints({ link: '</a.css>; rel=preload' });
          res.end('ok');
        });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca, keepAlive: true }) });
        const hints = [];
        req.on('information', ({ statusCode }) => hints.push(statusCode));
        assert.equal((await answer(req)).body, 'ok');
        assert.deepEqual(hints, [102, 103]);
      });

      for (const [what, method, status] of [
        ['HEAD', 'HEAD', 200],
        ['204', 'GET', 204],
        ['304', 'GET', 304],
      ]) {
        it(`finds the end of a response to ${what}`, async () => {
          const site = await serve((_req, res) => {
            res.writeHead(status, status === 200 ? { 'content-length': 1000 } : {});
            res.end();
          });
          const agent = httpsAgentWith({ ca, keepAlive: true });
          for (let i = 0; i < 3; i++) {
            const req = requestSecure({ port: site.port, method, agent });
            req.end();
            const { res, body } = await answer(req);
            assert.equal(res.statusCode, status);
            assert.equal(body, '');
          }
          assert.equal(site.connections, 1);
        });
      }

      it('brings trailers', async () => {
        const site = await serve((req, res) => {
          req.resume().on('end', () => {
            res.writeHead(200, { trailer: 'x-digest' });
            res.write(req.trailers['x-digest']);
            res.addTrailers({ 'x-digest': 'the end' });
            res.end();
          });
        });
        const req = requestSecure({
          port: site.port,
          method: 'POST',
          headers: { trailer: 'x-digest', 'transfer-encoding': 'chunked' },
          agent: httpsAgentWith({ ca }),
        });
        req.write('some');
        req.addTrailers({ 'x-digest': 'abc' });
        req.end();
        const { res, body } = await answer(req);
        assert.equal(body, 'abc');
        assert.deepEqual({ ...res.trailers }, { 'x-digest': 'the end' });
      });

      // The server echoes what comes after the handshake of the other protocol.
      async function serveEcho(event, head) {
        const site = await serve();
        site.server.on(event, (_req, socket, early) => {
          socket.write(`${head}\r\n\r\nfirst `);
          socket.write(early);
          socket.pipe(socket);
        });
        return site;
      }

      for (const [method, event, head, options] of [
        [
          'GET',
          'upgrade',
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo',
          { path: '/', headers: { connection: 'Upgrade', upgrade: 'echo' } },
        ],
        ['CONNECT', 'connect', 'HTTP/1.1 200 Connected', { path: 'a.test:443' }],
      ]) {
        it(`hands the connection over by ${event}`, async () => {
          const site = await serveEcho(event, head);
          const agent = httpsAgentWith({ ca, keepAlive: true });
          const req = requestSecure({ port: site.port, method, agent, ...options });
          req.end();
          const [res, socket, early] = await once(req, event);
          assert.equal(socket, req.socket);
          assert.ok(socket instanceof tls.TLSSocket);
          assert.equal(socket.authorized, true);
          assert.equal(socket.getProtocol(), version);
          assert.ok(res.statusCode === 101 || res.statusCode === 200);
          assertIdle(agent);
          const block = Buffer.alloc(1 << 20, 'x');
          let seen = early.toString();
          socket.on('data', (chunk) => {
            seen += chunk;
          });
          socket.write('hello ');
          socket.end(block);
          await once(socket, 'end');
          assert.equal(seen.length, 'first hello '.length + block.length);
          assert.ok(seen.startsWith('first hello xxx'));
          if (!socket.closed) await once(socket, 'close');
        });
      }

      it('can have TLS within its TLS after CONNECT', async () => {
        const { server } = await pki();
        const context = tls.createSecureContext({ key: server.key, cert: server.chain });
        const site = await serve();
        const inner = http.createServer((req, res) => res.end(`inner ${req.url}`));
        site.server.on('connect', (_req, socket) => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          const secure = new tls.TLSSocket(socket, { isServer: true, secureContext: context });
          secure.on('error', () => {});
          inner.emit('connection', secure);
        });
        const tunnel = requestSecure({
          port: site.port,
          method: 'CONNECT',
          path: 'localhost:443',
          agent: httpsAgentWith({ ca }),
        });
        tunnel.end();
        const [, socket] = await once(tunnel, 'connect');
        const secure = tls.connect({ socket, servername: 'localhost', ca });
        await once(secure, 'secureConnect');
        assert.equal(secure.authorized, true);
        const req = http.get({ createConnection: () => secure, path: '/there' });
        assert.equal((await answer(req)).body, 'inner /there');
        secure.destroy();
      });

      it('refuses an upgrade that nobody listens for, as Node does', async () => {
        const site = await serveEcho(
          'upgrade',
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo',
        );
        const headers = { connection: 'Upgrade', upgrade: 'echo' };
        const seen = [];
        for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
          seen.push(await watch(getSecure({ port: site.port, headers, agent })).over);
          assertIdle(agent);
        }
        assert.deepEqual(seen[1], seen[0]);
        assert.ok(!seen[1].includes('request response'));
      });
    });
  }
});
