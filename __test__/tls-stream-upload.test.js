'use strict';

// Requests with bodies over TLS: every byte arrives, in order, and no faster than it is taken.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { setTimeout: delay } = require('node:timers/promises');
const { digest, pattern } = require('./support/body');
const { pki } = require('./support/certificates');
const { answer, dispose, httpsAgentWith, requestSecure } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const MIB = 1 << 20;

// Answers with the digest of what has come.
async function digesting(req, res) {
  const hash = createHash('sha256');
  for await (const chunk of req) hash.update(chunk);
  res.end(hash.digest('hex'));
}

describe('an upload over TLS', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const serve = (listener = digesting) => serveTls({ maxVersion: version }, listener);
      const post = (site, agent, options) =>
        requestSecure({ port: site.port, method: 'POST', agent, ...options });

      for (const length of [0, 1, 16_383, 16_384, 16_385, 70_000, 8 * MIB + 7]) {
        it(`of ${length} bytes is whole`, async () => {
          const bytes = pattern(length);
          const site = await serve();
          const agent = httpsAgentWith({ ca, keepAlive: true });
          for (let i = 0; i < 2; i++) {
            const req = post(site, agent);
            req.end(bytes);
            assert.equal((await answer(req)).body, digest(bytes));
          }
          assert.equal(site.connections, 1);
        });
      }

      it('in many small writes is whole', async () => {
        const site = await serve();
        const bytes = pattern(20_000);
        const req = post(site, httpsAgentWith({ ca }));
        for (let at = 0; at < bytes.length; at += 7) req.write(bytes.subarray(at, at + 7));
        req.end();
        assert.equal((await answer(req)).body, digest(bytes));
      });

      it('in small writes of one turn each is whole', async () => {
        const site = await serve();
        const bytes = pattern(3000);
        const req = post(site, httpsAgentWith({ ca }));
        const answered = answer(req);
        for (let at = 0; at < bytes.length; at += 11) {
          req.write(bytes.subarray(at, at + 11));
          await new Promise(setImmediate);
        }
        req.end();
        assert.equal((await answered).body, digest(bytes));
      });

      it('of texts in several encodings is whole', async () => {
        const site = await serve();
        const req = post(site, httpsAgentWith({ ca }));
        const parts = [
          ['\u20ac'.repeat(3000), 'utf8'],
          ['\xe9'.repeat(3000), 'latin1'],
          ['ab'.repeat(3000), 'utf16le'],
          ['beef'.repeat(3000), 'hex'],
        ];
        for (const [text, encoding] of parts) req.write(text, encoding);
        req.end();
        const bytes = Buffer.concat(parts.map(([text, encoding]) => Buffer.from(text, encoding)));
        assert.equal((await answer(req)).body, digest(bytes));
      });

      it('begun before the handshake and ended after it is whole', async () => {
        const site = await serve();
        const req = post(site, httpsAgentWith({ ca }));
        const answered = answer(req);
        const [first, second, third] = [pattern(1000), pattern(200_000), pattern(3)];
        req.write(first);
        const [socket] = await once(req, 'socket');
        await once(socket, 'connect');
        req.write(second);
        await once(socket, 'secureConnect');
        req.end(third);
        assert.equal((await answered).body, digest(Buffer.concat([first, second, third])));
      });

      it('of a stream is whole', async () => {
        const site = await serve();
        const bytes = pattern(3 * MIB);
        const req = post(site, httpsAgentWith({ ca }));
        const answered = answer(req);
        const parts = [];
        for (let at = 0; at < bytes.length; at += 10_007)
          parts.push(bytes.subarray(at, at + 10_007));
        await pipeline(Readable.from(parts), req);
        assert.equal((await answered).body, digest(bytes));
      });

      it('of ten at once mixes none of them', async () => {
        const site = await serve();
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const bytes = pattern(MIB);
        await Promise.all(
          Array.from({ length: 10 }, async (_, i) => {
            const req = post(site, agent);
            req.end(bytes.subarray(i * 1001));
            assert.equal((await answer(req)).body, digest(bytes.subarray(i * 1001)));
          }),
        );
      });

      it('waits for a server that does not read', async () => {
        let resume;
        const site = await serve((req, res) => {
          resume = () => digesting(req, res);
        });
        const req = post(site, httpsAgentWith({ ca }));
        const answered = answer(req);
        const block = pattern(256 * 1024);
        const hash = createHash('sha256');
        let written = 0;
        let drains = 0;
        const more = () => {
          let taken = true;
          while (taken && written < 64 * MIB) {
            taken = req.write(block);
            hash.update(block);
            written += block.length;
          }
        };
        req.on('drain', () => {
          drains++;
          more();
        });
        more();
        let before;
        do {
          before = written;
          await delay(200);
        } while (written !== before);
        assert.ok(written <= 24 * MIB, `${written} bytes were taken`);
        assert.equal(req.writableNeedDrain, true);
        const stopped = drains;
        resume();
        await once(req, 'drain');
        assert.ok(drains > stopped);
        req.removeAllListeners('drain');
        req.end();
        assert.equal((await answered).body, hash.digest('hex'));
      });

      it("calls back when a write has gone, and the buffer is the program's again", async () => {
        const site = await serve();
        for (const size of [10, 100_000, 3 * MIB]) {
          const bytes = pattern(size);
          const expected = digest(bytes);
          const req = post(site, httpsAgentWith({ ca }), { headers: { 'content-length': size } });
          req.end(bytes, () => bytes.fill(0));
          assert.equal((await answer(req)).body, expected, `${size} bytes`);
        }
      });

      it('that the server answers early brings the answer', async () => {
        const site = await serve((req, res) => {
          res.writeHead(413, { connection: 'close' });
          res.end('too much');
          req.resume();
        });
        const req = post(site, httpsAgentWith({ ca }));
        req.on('error', () => {});
        req.write(Buffer.alloc(1000));
        const [res] = await once(req, 'response');
        let text = '';
        for await (const chunk of res) text += chunk;
        assert.equal(res.statusCode, 413);
        assert.equal(text, 'too much');
        req.destroy();
      });
    });
  }
});
