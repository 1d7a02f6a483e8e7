'use strict';

// Large and odd requests: the server must see every byte that was written, in order.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const { agentOf, body, cleanUp, exchange, gone, httpServer, request } = require('./support/peer');

const MIB = 1 << 20;

// A server that answers what it saw: how much, and its hash.
function hashingServer() {
  return httpServer(async (req, res) => {
    const hash = createHash('sha1');
    let length = 0;
    for await (const chunk of req) {
      hash.update(chunk);
      length += chunk.length;
    }
    res.end(JSON.stringify({ length, digest: hash.digest('hex') }));
  });
}

function sawOf(...buffers) {
  const hash = createHash('sha1');
  let length = 0;
  for (const buffer of buffers) {
    hash.update(buffer);
    length += buffer.length;
  }
  return { length, digest: hash.digest('hex') };
}

function pattern(bytes) {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) buffer.writeUInt32LE((i * 2654435761) >>> 0, i);
  buffer.fill('tail', bytes & ~3);
  return buffer;
}

describe('a large request', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  let payload;
  before(() => {
    payload = pattern(64 * MIB);
  });
  after(() => {
    payload = null;
  });

  it('of 64 MiB in one Buffer', async () => {
    const server = await hashingServer();
    const { text, req } = await exchange(server, agentOf(), { method: 'POST' }, payload);
    assert.deepEqual(JSON.parse(text), sawOf(payload));
    assert.equal(req.socket.bytesWritten >= payload.length, true);
  });

  it('of 64 MiB in chunks of all sizes, as fast as they can be written', async () => {
    const server = await hashingServer();
    const req = request(server, agentOf(), {
      method: 'POST',
      headers: { 'content-length': payload.length },
    });
    const sizes = [1, 2, 100, 4095, 4096, 4097, 16_383, 65_536, 65_537, 1_000_000, 5 * MIB];
    for (let at = 0, i = 0; at < payload.length; i++) {
      const size = sizes[i % sizes.length];
      req.write(payload.subarray(at, at + size));
      at += size;
    }
    req.end();
    const [res] = await once(req, 'response');
    assert.deepEqual(JSON.parse(await body(res)), sawOf(payload));
  });

  it('of 64 MiB, chunked, waiting for each drain', async () => {
    const server = await hashingServer();
    const req = request(server, agentOf(), { method: 'POST' });
    const response = once(req, 'response');
    const source = Readable.from(
      (function* parts() {
        for (let at = 0; at < payload.length; at += 100_001) {
          yield payload.subarray(at, at + 100_001);
        }
      })(),
    );
    await pipeline(source, req);
    const [res] = await response;
    assert.deepEqual(JSON.parse(await body(res)), sawOf(payload));
  });

  it('of 64 MiB, twice over the same connection', async () => {
    const server = await hashingServer();
    const agent = agentOf({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const part = payload.subarray(i);
      const { text, req } = await exchange(server, agent, { method: 'PUT' }, part);
      assert.deepEqual(JSON.parse(text), sawOf(part));
      await gone(req);
    }
    assert.equal(server.connections, 1);
  });

  it('of many at once', async () => {
    const server = await hashingServer();
    const agent = agentOf({ keepAlive: true, maxSockets: 8 });
    const parts = Array.from({ length: 40 }, (_, i) => payload.subarray(i, i + i * 50_001));
    const all = parts.map((part) => exchange(server, agent, { method: 'POST' }, part));
    const texts = (await Promise.all(all)).map(({ text }) => JSON.parse(text));
    assert.deepEqual(
      texts,
      parts.map((part) => sawOf(part)),
    );
  });
});

describe('the encodings of a request', () => {
  afterEach(cleanUp);

  const strings = {
    utf8: 'a\u20ac\u{1f600}\xe9\u0000\ud800z',
    latin1: 'a\xe9\xff\u0000\u20ac',
    ascii: 'plain words',
    utf16le: 'a\u20ac\u{1f600}',
    ucs2: '\ufeffmark',
    hex: '00ff10ab',
    base64: 'AP8Qq+/+',
    base64url: 'AP8Qq-_-',
    binary: '\x80\x81',
  };

  for (const [encoding, short] of Object.entries(strings)) {
    for (const [size, count] of [
      ['short', 1],
      ['long', 60_000],
    ]) {
      it(`${encoding}, ${size}`, async () => {
        const server = await hashingServer();
        const text = short.repeat(count);
        const expected = Buffer.from(text, encoding);
        for (const headers of [{}, { 'content-length': 2 * expected.length }]) {
          const req = request(server, agentOf(), { method: 'POST', headers });
          req.write(text, encoding);
          req.end(text, encoding);
          const [res] = await once(req, 'response');
          assert.deepEqual(JSON.parse(await body(res)), sawOf(expected, expected));
        }
      });
    }
  }

  it('mixed in one request', async () => {
    const server = await hashingServer();
    const req = request(server, agentOf(), { method: 'POST' });
    const expected = [];
    for (let i = 0; i < 20; i++) {
      for (const [encoding, text] of Object.entries(strings)) {
        req.write(text, encoding);
        expected.push(Buffer.from(text, encoding));
      }
      const bytes = Buffer.from([i, 255 - i]);
      req.write(bytes);
      req.write(new Uint8Array(bytes));
      expected.push(bytes, bytes);
    }
    req.end();
    const [res] = await once(req, 'response');
    assert.deepEqual(JSON.parse(await body(res)), sawOf(...expected));
  });

  it('of a head with latin1 in a header', async () => {
    const server = await httpServer((req, res) => {
      res.setHeader('x-back', req.headers['x-name']);
      res.end();
    });
    const headers = { 'x-name': 'caf\xe9' };
    const { res } = await exchange(server, agentOf(), { headers });
    assert.equal(res.headers['x-back'], 'caf\xe9');
  });

  it('of a head so long that it needs many writes', async () => {
    const server = await httpServer((req, res) => res.end(String(req.rawHeaders.length)));
    const headers = {};
    for (let i = 0; i < 150; i++) headers[`x-${i}`] = 'v'.repeat(80);
    const { text } = await exchange(server, agentOf(), { headers });
    assert.ok(Number(text) >= 300);
  });

  it('a Buffer that is changed after its callback does not change what was sent', async () => {
    const server = await httpServer(async (req, res) => res.end(await body(req)));
    const agent = agentOf({ keepAlive: true });
    for (const size of [10, 100_000, 3 * MIB]) {
      const buffer = Buffer.alloc(size, 'a');
      const req = request(server, agent, { method: 'POST', headers: { 'content-length': size } });
      req.end(buffer, () => buffer.fill('b'));
      const [res] = await once(req, 'response');
      assert.ok((await body(res)).equals(Buffer.alloc(size, 'a')), `${size} bytes`);
      await gone(req);
    }
  });
});
