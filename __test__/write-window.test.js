'use strict';

// Writes call back before the kernel has their bytes, up to a window that grows with the server's
// speed. A program does not notice.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { digest, pattern } = require('./support/body');
const { SCHEMES, clientAgent, clientSite } = require('./support/client-site');
const { dispose, stock } = require('./support/https-agent');
const { agentOf, cleanUp, rawServer, request, socketOf } = require('./support/peer');
const { closeServers } = require('./support/server');
const { native } = require('../lib/bridge/addon');
const { kConn } = require('../lib/connection/connection');

const KIB = 1024;
const MIB = 1024 * KIB;

// Enough of the same to widen the window, and then larger ones.
const MIXED = [
  ...Array(96).fill(64 * KIB),
  300 * KIB,
  ...Array(40).fill(64 * KIB),
  700 * KIB,
  1500 * KIB,
  ...Array(40).fill(64 * KIB),
  3000 * KIB,
  256 * KIB + 1,
  ...Array(20).fill(33 * KIB),
];

for (const scheme of SCHEMES) {
  describe(`a stream of large writes over ${scheme.toUpperCase()}`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    async function posting() {
      const [site, agent] = await Promise.all([clientSite(scheme), clientAgent(scheme)]);
      const { request } = require(`node:${scheme}`);
      const req = request(`${site.url}/digest`, { method: 'POST', agent });
      const answered = new Promise((resolve, reject) => {
        req.on('error', reject);
        req.on('response', async (res) =>
          resolve(
            JSON.parse(
              await res
                .setEncoding('utf8')
                .toArray()
                .then((parts) => parts.join('')),
            ),
          ),
        );
      });
      return { req, answered };
    }

    it('leaves a Buffer to the program when its write has called back', async () => {
      const { req, answered } = await posting();
      const sent = [];
      for (const [i, length] of MIXED.entries()) {
        const chunk = pattern(length).fill(i, 0, 16);
        sent.push(Buffer.from(chunk));
        const used = (error) => {
          if (!error) chunk.fill(0);
        };
        if (!req.write(chunk, used)) await new Promise((resolve) => req.once('drain', resolve));
      }
      req.end();
      const bytes = Buffer.concat(sent);
      assert.deepEqual(await answered, {
        method: 'POST',
        length: bytes.length,
        digest: digest(bytes),
      });
    });

    it('calls back once for each, in order', async () => {
      const { req, answered } = await posting();
      const order = [];
      for (const [i, length] of MIXED.entries()) {
        const chunk = Buffer.alloc(length);
        if (!req.write(chunk, () => order.push(i))) {
          await new Promise((resolve) => req.once('drain', resolve));
        }
      }
      await new Promise((resolve) => req.end(resolve));
      assert.deepEqual(order, [...MIXED.keys()]);
      await answered;
    });

    for (const length of [64 * KIB, 64 * KIB - 1, 20_000, 17_001]) {
      it(`in chunks of ${length} bytes is whole`, async () => {
        const { req, answered } = await posting();
        const chunks = Array.from({ length: 70 }, (_, i) => pattern(length).fill(i, 0, 8));
        await pipeline(Readable.from(chunks), req);
        assert.equal((await answered).digest, digest(Buffer.concat(chunks)));
      });
    }
  });
}

// Node's own sockets have no such window.
if (!stock) {
  describe('a server that reads', () => {
    afterEach(cleanUp);

    // What the program was told is written, and the server has not got although it takes no more.
    async function unread(readBytes) {
      let received = 0;
      const server = await rawServer((socket) => {
        socket.on('data', (chunk) => {
          received += chunk.length;
          if (received >= readBytes) socket.pause();
        });
        if (readBytes === 0) socket.pause();
      });
      const req = request(server, agentOf(), {
        method: 'POST',
        headers: { 'content-length': 2 ** 32 },
      });
      req.on('error', () => {});
      req.flushHeaders();
      const socket = await socketOf(req);
      if (socket.connecting) await once(socket, 'connect');
      const chunk = Buffer.alloc(64 * KIB);
      const stalled = () => new Promise((resolve) => setTimeout(resolve, 500, true));
      for (;;) {
        const drained = req.write(chunk) || once(req, 'drain').then(() => false);
        if ((await Promise.race([drained, stalled()])) === true && req.writableNeedDrain) break;
      }
      const told = socket.bytesWritten - socket.writableLength;
      const taken = native.written(socket[kConn]);
      req.destroy();
      return told - taken;
    }

    it('nothing holds the writer back at the least window', async () => {
      const bytes = await unread(0);
      assert.ok(bytes <= 512 * KIB, `${bytes} bytes wait in the program`);
    });

    it('much and then nothing holds the writer back at the largest window', async () => {
      const bytes = await unread(64 * MIB);
      assert.ok(bytes <= 2560 * KIB, `${bytes} bytes wait in the program`);
    });
  });
}
