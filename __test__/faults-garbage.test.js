'use strict';

// Servers that answer with garbage: what chance makes of an answer, and what has no end. Each
// choice follows from the seed, which OXAGENT_TEST_SEED sets.

const assert = require('node:assert/strict');
const { dispose } = require('./support/agent');
const { SCHEMES, onRequests, sameEnding, sameEndings } = require('./support/ending');
const { randomOf } = require('./support/random');
const { closeServers, gone } = require('./support/server');

const SEED = Number(process.env.OXAGENT_TEST_SEED ?? 1);
const COUNT = 300;

const ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\nhello world',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nKeep-Alive: timeout=5, max=10\r\n\r\n',
];

const TOKENS = ['\r\n', '\n', ':', ' ', '\0', '-1', '99999999999999999999', 'chunked', 'HTTP/'];

function garbage({ chance, one, upTo }) {
  if (chance(0.2)) return Buffer.from(Array.from({ length: 1 + upTo(200) }, () => upTo(256)));
  let bytes = Buffer.from(one(ANSWERS), 'latin1');
  for (let changes = 1 + upTo(4); changes > 0; changes--) {
    const at = upTo(bytes.length);
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    const cut = upTo(8);
    bytes = one([
      () => Buffer.concat([head, Buffer.from([upTo(256)]), tail.subarray(1)]),
      () => Buffer.concat([head, Buffer.from([tail[0] ^ (1 << upTo(8))]), tail.subarray(1)]),
      () => Buffer.concat([head, Buffer.from(one(TOKENS)), tail]),
      () => Buffer.concat([head, tail.subarray(cut)]),
      () => Buffer.concat([head, tail.subarray(0, cut), tail]),
    ])();
  }
  return bytes;
}

// Each repeats its second part until the client has gone.
const ENDLESS = {
  'a status line': ['HTTP/1.1 200 ', 'O'.repeat(1000)],
  'a header': ['HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(1000)],
  headers: ['HTTP/1.1 200 OK\r\n', 'X: y\r\n'.repeat(200)],
  'a trailer': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ', 'y'.repeat(1000)],
  trailers: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'X: y\r\n'.repeat(200)],
};

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`a server of garbage (${name})`, function () {
    this.timeout(60_000);
    afterEach(dispose);
    afterEach(closeServers);

    it(`${COUNT} answers, seed ${SEED}, end as with Node's agent`, async () => {
      const site = await scheme.serve(
        onRequests((socket, path) => socket.end(garbage(randomOf(SEED + Number(path.slice(1)))))),
      );
      const paths = Array.from({ length: COUNT }, (_, i) => `/${i}`);
      // No request may meet the end that another's answer is followed by.
      const seen = await sameEndings(scheme, site.port, paths, { agent: { keepAlive: false } });
      const refused = seen.filter(({ error }) => /^HPE_/.test(error?.code)).length;
      // Neither only such as the parser refuses, nor none.
      assert.ok(refused > COUNT / 4 && refused < COUNT, `${refused} refused`);
    });

    for (const [what, [begin, more]] of Object.entries(ENDLESS)) {
      it(`${what} without an end is refused as by Node's agent, and cut off`, async () => {
        const closes = [];
        const site = await scheme.serve(
          onRequests((socket) => {
            closes.push(gone(socket));
            const go = () => {
              if (!socket.destroyed) socket.write(more, () => setImmediate(go));
            };
            socket.write(begin, go);
          }),
        );
        const { error, broken } = await sameEnding(scheme, site.port);
        assert.equal((error ?? broken).code, 'HPE_HEADER_OVERFLOW');
        assert.equal(closes.length, 2);
        await Promise.all(closes);
      });
    }
  });
}
