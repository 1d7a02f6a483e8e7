'use strict';

// A connection changes hands between the event loop and the I/O thread at any moment, and what the
// event loop has written is sent by itself or by the writer, and nothing of what goes over it is
// lost, doubled or put in another order. With OXAGENT_IO=thread, and
// elsewhere than on Linux, it stays where it is, and all holds the same.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { PassThrough, Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { agentWith, dispose } = require('./support/agent');
const { digest, pattern } = require('./support/body');
const { carry, writeAside } = require('./support/carriers');
const { pki } = require('./support/certificates');
const { httpsAgentWith } = require('./support/https-agent');
const { randomOf } = require('./support/random');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { runtime } = require('../lib/node/runtime');

const BYTES = 1 << 20;
const SEEDS = [1, 2, 3, 4];

const SCHEMES = {
  http: {
    lib: http,
    serve,
    agent: async (options) => agentWith({ keepAlive: true, ...options }),
  },
  https: {
    lib: https,
    serve: (listener) => serveTls({}, listener),
    agent: async (options) =>
      httpsAgentWith({ keepAlive: true, ca: (await pki()).root.pem, ...options }),
  },
};

const BODY = pattern(BYTES);
const BODY_DIGEST = digest(BODY);

// Pieces of all sizes.
function* cut(bytes, { upTo }) {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + upTo(upTo(8) === 0 ? 100_000 : 3000);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  // Of Deno and Bun the event loop carries nothing.
  (runtime === 'node' ? describe : describe.skip)(
    `connections that change hands (${name})`,
    function () {
      this.timeout(60_000);
      afterEach(dispose);
      afterEach(closeServers);
      after(() => writeAside());

      // Moves the socket's connection at random until the request is over.
      function unsettle(socket, { chance, next }) {
        let isOver = false;
        const move = () => {
          if (isOver || socket.destroyed) return;
          carry(socket, chance(0.5));
          writeAside(chance(0.5));
          if (chance(0.5)) setImmediate(move);
          else setTimeout(move, next() * 3);
        };
        move();
        return () => {
          isOver = true;
        };
      }

      async function open(options) {
        const agent = await scheme.agent({ maxSockets: 1, ...options });
        const request = (site, more) =>
          scheme.lib.request({ host: '127.0.0.1', port: site.port, agent, ...more });
        return request;
      }

      for (const seed of SEEDS) {
        it(`downloads, seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve((_req, res) => {
            Readable.from(cut(BODY, random)).pipe(res);
          });
          const request = await open();
          for (let round = 0; round < 3; round++) {
            const req = request(site);
            req.end();
            const [res] = await once(req, 'response');
            const stop = unsettle(req.socket, random);
            const hash = createHash('sha256');
            let length = 0;
            for await (const chunk of res) {
              length += chunk.length;
              hash.update(chunk);
              if (random.chance(0.02)) await new Promise((resolve) => setTimeout(resolve, 2));
            }
            stop();
            assert.equal(length, BYTES);
            assert.equal(hash.digest('hex'), BODY_DIGEST);
          }
          assert.equal(site.connections, 1);
        });

        it(`uploads, seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve(async (req, res) => {
            const hash = createHash('sha256');
            for await (const chunk of req) hash.update(chunk);
            res.end(hash.digest('hex'));
          });
          const request = await open();
          for (let round = 0; round < 3; round++) {
            const req = request(site, { method: 'POST' });
            req.once('socket', (socket) => {
              const stop = unsettle(socket, random);
              req.once('close', stop);
            });
            const answered = once(req, 'response');
            await pipeline(Readable.from(cut(BODY, random)), req);
            const [res] = await answered;
            assert.equal(Buffer.concat(await res.toArray()).toString(), BODY_DIGEST);
          }
          assert.equal(site.connections, 1);
        });

        it(`small exchanges, seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve(async (req, res) => {
            const chunks = await req.toArray();
            res.end(`${req.url} ${Buffer.concat(chunks)}`);
          });
          const request = await open();
          for (let i = 0; i < 200; i++) {
            const req = request(site, { path: `/${i}`, method: 'POST' });
            req.once('socket', (socket) => carry(socket, random.chance(0.5)));
            writeAside(random.chance(0.5));
            req.end(`body ${i}`);
            const [res] = await once(req, 'response');
            if (random.chance(0.5)) carry(req.socket, random.chance(0.5));
            assert.equal(Buffer.concat(await res.toArray()).toString(), `/${i} body ${i}`);
          }
          assert.equal(site.connections, 1);
        });

        it(`an upgrade, seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve();
          site.server.on('upgrade', (_req, socket) => {
            socket.on('error', () => {});
            socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n');
            socket.pipe(new PassThrough()).pipe(socket);
          });
          const request = await open();
          const req = request(site, { headers: { connection: 'upgrade', upgrade: 'echo' } });
          req.end();
          const [, socket] = await once(req, 'upgrade');
          const stop = unsettle(socket, random);
          const sent = pipeline(Readable.from(cut(BODY, random)), socket, { end: false });
          const hash = createHash('sha256');
          let length = 0;
          for await (const chunk of socket) {
            hash.update(chunk);
            length += chunk.length;
            // Over TLS Node's server ends with the first end.
            if (length >= BYTES) break;
          }
          await sent;
          stop();
          assert.equal(length, BYTES);
          assert.equal(hash.digest('hex'), BODY_DIGEST);
        });

        it(`a reset, seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve((req, res) => {
            res.write(BODY.subarray(0, 1 + random.upTo(200_000)));
            setTimeout(() => req.socket.destroy(), random.next() * 5);
          });
          const request = await open();
          for (let round = 0; round < 10; round++) {
            const req = request(site);
            req.end();
            const [res] = await once(req, 'response');
            const stop = unsettle(req.socket, random);
            const chunks = [];
            await assert.rejects(
              (async () => {
                for await (const chunk of res) chunks.push(chunk);
              })(),
              { code: 'ECONNRESET' },
            );
            stop();
            const got = Buffer.concat(chunks);
            assert.ok(got.equals(BODY.subarray(0, got.length)));
          }
        });

        it(`destroy(), seed ${seed}`, async () => {
          const random = randomOf(seed);
          const site = await scheme.serve((_req, res) => {
            Readable.from(cut(BODY, random))
              .on('error', () => {})
              .pipe(res);
          });
          const request = await open();
          for (let round = 0; round < 20; round++) {
            const req = request(site);
            req.on('error', () => {});
            req.end();
            const [res] = await once(req, 'response');
            const stop = unsettle(req.socket, random);
            res.on('error', () => {});
            res.resume();
            await new Promise((resolve) => setTimeout(resolve, random.next() * 4));
            // It may have got all of its answer.
            const closed = req.closed ? null : once(req, 'close');
            req.destroy();
            await closed;
            stop();
          }
          const req = request(site);
          req.end();
          const [res] = await once(req, 'response');
          assert.equal(digest(Buffer.concat(await res.toArray())), BODY_DIGEST);
        });
      }
    },
  );
}
