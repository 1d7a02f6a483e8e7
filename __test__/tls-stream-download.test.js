'use strict';

// Responses over TLS: every byte, in order, whatever the size of records, segments and pauses.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const { always, mixed, splitting } = require('./fixtures/tls-splitter');
const { digest, pattern } = require('./support/body');
const { pki } = require('./support/certificates');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveRawTls, serveTls } = require('./support/tls-server');

const MIB = 1 << 20;

async function digested(res) {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of res) {
    hash.update(chunk);
    length += chunk.length;
  }
  return { length, digest: hash.digest('hex') };
}

describe('a download over TLS', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const serve = (listener) => serveTls({ maxVersion: version }, listener);

      for (const length of [0, 1, 16_383, 16_384, 16_385, 70_000, 8 * MIB + 7]) {
        it(`of ${length} bytes is whole`, async () => {
          const bytes = pattern(length);
          const site = await serve((_req, res) => res.end(bytes));
          const agent = httpsAgentWith({ ca, keepAlive: true });
          for (let i = 0; i < 2; i++) {
            const req = getSecure({ port: site.port, agent });
            const [res] = await once(req, 'response');
            assert.deepEqual(await digested(res), { length, digest: digest(bytes) });
            if (!req.closed) await once(req, 'close');
          }
          assert.equal(site.connections, 1);
        });
      }

      it('of ten bodies at once mixes none of them', async () => {
        const bytes = pattern(MIB);
        const site = await serve((req, res) => res.end(bytes.subarray(Number(req.url.slice(1)))));
        const agent = httpsAgentWith({ ca });
        await Promise.all(
          Array.from({ length: 10 }, async (_, i) => {
            const req = getSecure({ port: site.port, path: `/${i * 1001}`, agent });
            const [res] = await once(req, 'response');
            assert.equal((await digested(res)).digest, digest(bytes.subarray(i * 1001)));
          }),
        );
      });

      it('in records of one byte is whole', async () => {
        const body = pattern(1500).toString('latin1');
        const site = await serveRawTls({ maxVersion: version }, (socket) => {
          socket.setNoDelay(true);
          socket.once('data', async () => {
            const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
            for (const byte of Buffer.from(head + body, 'latin1')) {
              if (!socket.writable) return;
              await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
            }
          });
        });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const req = getSecure({ port: site.port, agent });
        const [res] = await once(req, 'response');
        assert.equal((await digested(res)).digest, digest(Buffer.from(body, 'latin1')));
        assert.equal(agent.totalSocketCount, 1);
      });

      it('with empty records in between is whole', async () => {
        const site = await serveRawTls({ maxVersion: version }, (socket) => {
          socket.once('data', () => {
            for (const part of [
              'HTTP/1.1 200 OK\r\n',
              '',
              'Content-Length: 4\r\n\r\nab',
              '',
              'cd',
            ]) {
              socket.write(part);
            }
          });
        });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        assert.equal((await answer(getSecure({ port: site.port, agent }))).body, 'abcd');
      });

      for (const [name, sizes, length] of [
        ['1 byte', () => always(1), 3000],
        ['2 bytes', () => always(2), 6000],
        ['5 bytes', () => always(5), 20_000],
        ['6 bytes', () => always(6), 20_000],
        ['1 to 20 bytes', () => mixed(20), 40_000],
        ['1 to 3000 bytes', () => mixed(3000), 2 * MIB],
        ['1 to 70000 bytes', () => mixed(70_000), 8 * MIB],
      ]) {
        it(`in segments of ${name} is whole, both ways`, async () => {
          const site = await serve((req, res) => req.pipe(res));
          const relay = await splitting(site.port, sizes);
          const bytes = pattern(length);
          const agent = httpsAgentWith({ ca, keepAlive: true });
          const req = requestSecure({ port: relay.port, method: 'POST', agent });
          const response = once(req, 'response');
          req.end(bytes);
          const [res] = await response;
          assert.deepEqual(await digested(res), { length, digest: digest(bytes) });
        });
      }

      it('stops coming while nobody reads it', async () => {
        const block = Buffer.alloc(MIB);
        let far;
        const site = await serve((req, res) => {
          far = req.socket;
          const more = () => {
            while (!res.destroyed && res.write(block));
          };
          res.on('drain', more);
          more();
        });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        const [res] = await once(req, 'response');
        // What the server has given to the kernel, once that is no more.
        const taken = () => far.bytesWritten - far.writableLength;
        let before;
        do {
          before = taken();
          await delay(200);
        } while (taken() !== before);
        assert.ok(before <= 24 * MIB, `${before} bytes were taken`);
        assert.ok(req.socket.bytesRead <= 8 * MIB, `${req.socket.bytesRead} bytes were read`);
        // And it goes on where it stopped.
        let more = 0;
        res.on('data', (chunk) => {
          more += chunk.length;
          if (more > 32 * MIB) res.destroy();
        });
        await once(res, 'close');
        assert.ok(more > 32 * MIB);
      });

      it('through many pauses is whole', async () => {
        const bytes = pattern(4 * MIB);
        const site = await serve((_req, res) => res.end(bytes));
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        const [res] = await once(req, 'response');
        const hash = createHash('sha256');
        let pauses = 0;
        res.on('data', (chunk) => {
          hash.update(chunk);
          if (++pauses % 8 !== 0) return;
          res.pause();
          setTimeout(() => res.resume(), 1);
        });
        await once(res, 'end');
        assert.equal(hash.digest('hex'), digest(bytes));
        assert.ok(pauses > 16);
      });

      it('gives chunks that the program may keep', async () => {
        const bytes = pattern(2 * MIB);
        const site = await serve((_req, res) => res.end(bytes));
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const kept = [];
        const req = getSecure({ port: site.port, agent });
        const [res] = await once(req, 'response');
        for await (const chunk of res) kept.push(chunk);
        // Others come over the same connection and thread meanwhile.
        await Promise.all(
          Array.from({ length: 8 }, async () => {
            const [again] = await once(getSecure({ port: site.port, agent }), 'response');
            await digested(again);
          }),
        );
        assert.equal(digest(Buffer.concat(kept)), digest(bytes));
      });

      it('gives chunks that the program may write to', async () => {
        const bytes = pattern(MIB);
        const site = await serve((_req, res) => res.end(bytes));
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const read = async (spoil) => {
          const [res] = await once(getSecure({ port: site.port, agent }), 'response');
          const hash = createHash('sha256');
          for await (const chunk of res) {
            hash.update(chunk);
            if (spoil) chunk.fill(0);
          }
          return hash.digest('hex');
        };
        const digests = await Promise.all([read(true), read(false), read(true), read(false)]);
        assert.deepEqual(new Set(digests), new Set([digest(bytes)]));
      });
    });
  }
});
