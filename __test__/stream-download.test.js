'use strict';

// Large responses: every byte arrives, in bounded memory, also to a consumer that pauses.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { pipeline } = require('node:stream/promises');
const { PassThrough } = require('node:stream');
const { result, run, startServer } = require('./support/child');
const { agentOf, cleanUp, gone, httpServer, later, rawServer, request } = require('./support/peer');

const MIB = 1 << 20;

function expectedDigest(bytes) {
  const block = Buffer.alloc(MIB);
  for (let i = 0; i < block.length; i += 4) block.writeUInt32LE((i * 2654435761) >>> 0, i);
  const hash = createHash('sha1');
  for (let left = bytes; left > 0; left -= MIB) hash.update(block.subarray(0, left));
  return hash.digest('hex');
}

describe('a large response', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  it('of 256 MiB goes through a pausing consumer in bounded memory', async () => {
    const server = await startServer('blob-server.js');
    later(() => server.stop());
    const bytes = 256 * MIB;
    const ended = await run('slow-consumer.js', [server.port, bytes], {
      execArgv: ['--expose-gc'],
    });
    const { total, pauses, grown, digest } = result(ended);
    assert.equal(total, bytes);
    assert.equal(digest, expectedDigest(bytes));
    assert.ok(pauses >= 16, `${pauses} pauses`);
    assert.ok(grown < 96, `${grown.toFixed(1)} MiB more`);
  });

  it('stops coming while the consumer pauses', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
        const block = Buffer.alloc(MIB);
        const more = () => {
          while (socket.writable && socket.write(block));
        };
        socket.on('drain', more);
        more();
      });
    });
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    // Nobody reads: the server must come to a halt, and what is here must be little. The kernel's
    // own buffers are not counted.
    const [far] = server.sockets;
    let written;
    do {
      written = far.bytesWritten - far.writableLength;
      await new Promise((done) => setTimeout(done, 150));
    } while (far.bytesWritten - far.writableLength !== written);
    assert.ok(req.socket.bytesRead <= 8 * MIB, `${req.socket.bytesRead} bytes were read`);
    res.destroy();
    await gone(req.socket);
  });

  it('can be piped and read in all the ways of a stream', async () => {
    const server = await startServer('blob-server.js');
    later(() => server.stop());
    const bytes = 16 * MIB + 12_345;
    const expected = expectedDigest(bytes);
    const agent = agentOf({ keepAlive: true });
    const readers = {
      async pipeline(res, hash) {
        await pipeline(res, new PassThrough(), hash);
      },
      async iteration(res, hash) {
        for await (const chunk of res) hash.update(chunk);
      },
      async readable(res, hash) {
        res.on('readable', () => {
          for (let part = res.read(); part !== null; part = res.read()) hash.update(part);
        });
        await once(res, 'end');
      },
      async sized(res, hash) {
        res.on('readable', () => {
          for (let part = res.read(1000); part !== null; part = res.read(1000)) hash.update(part);
        });
        await once(res, 'end');
      },
    };
    for (const [name, reader] of Object.entries(readers)) {
      const req = request(server, agent, { path: `/${bytes}` }).end();
      const [res] = await once(req, 'response');
      const hash = createHash('sha1');
      await reader(res, hash);
      const digest = hash.writableEnded ? hash.read().toString('hex') : hash.digest('hex');
      assert.equal(digest, expected, name);
      await gone(req);
    }
  });

  it('can be set to an encoding that cuts no character', async () => {
    const text = 'a\u20ac\u{1f600}\xe9'.repeat(100_000);
    const server = await httpServer((_, res) => res.end(text));
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    res.setEncoding('utf8');
    let seen = '';
    for await (const part of res) seen += part;
    assert.equal(seen, text);
  });

  it('of many at once arrives whole for each', async () => {
    const server = await startServer('blob-server.js');
    later(() => server.stop());
    const agent = agentOf({ keepAlive: true, maxSockets: 16 });
    const sizes = Array.from({ length: 64 }, (_, i) => (i * 37_777) % (2 * MIB));
    await Promise.all(
      sizes.map(async (bytes) => {
        const req = request(server, agent, { path: `/${bytes}` }).end();
        const [res] = await once(req, 'response');
        const hash = createHash('sha1');
        for await (const chunk of res) hash.update(chunk);
        assert.equal(hash.digest('hex'), expectedDigest(bytes), `${bytes} bytes`);
      }),
    );
  });
});
