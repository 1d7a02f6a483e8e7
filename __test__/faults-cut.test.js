'use strict';

// Answers that are cut, at every byte: by the end of the connection, by its reset, over TCP and
// TLS.

const assert = require('node:assert/strict');
const { dispose } = require('./support/agent');
const { SCHEMES, onRequests, sameEnding, sameEndings, toldOfReset } = require('./support/ending');
const { closeServers } = require('./support/server');

const ANSWERS = {
  'with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-Y: z\r\n\r\nhello world',
  'in chunks':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n' +
    '6;a=b\r\nhello \r\n5\r\nworld\r\n0\r\nX-Sum: 7\r\n\r\n',
  'up to the end of the connection': 'HTTP/1.0 200 OK\r\nX-Y: z\r\n\r\nhello world',
  'behind information': 'HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
};

const CUTS = {
  http: { end: (socket) => socket.end(), reset: (socket) => socket.resetAndDestroy() },
  // Without and with a wait for what was written: `destroy` says no close_notify.
  https: {
    end: (socket) => socket.end(),
    'end without close_notify': (socket) => socket.destroy(),
  },
};

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`an answer that is cut (${name})`, function () {
    this.timeout(60_000);
    afterEach(dispose);
    afterEach(closeServers);

    for (const [how, cut] of Object.entries(CUTS[name])) {
      for (const [what, answer] of Object.entries(ANSWERS)) {
        it(`at every byte, ${what}, by ${how}, ends as with Node's agent`, async () => {
          const site = await scheme.serve(
            onRequests((socket, path) => {
              const written = answer.slice(0, Number(path.slice(1)));
              if (written) socket.write(written, () => cut(socket));
              else cut(socket);
            }),
          );
          const paths = Array.from({ length: answer.length + 1 }, (_, i) => `/${i}`);
          const seen = await sameEndings(scheme, site.port, paths, {
            told: how === 'reset' ? toldOfReset : undefined,
          });
          assert.equal(seen[0].error.code, 'ECONNRESET');
          const whole = seen.at(-1);
          assert.equal(whole.statusCode, answer.includes('204') ? 204 : 200);
          // Where the end of the connection is the answer's own, a reset is none.
          const reset = how === 'reset' && what.startsWith('up to');
          assert.equal(whole.error?.code, reset ? 'ECONNRESET' : undefined);
          assert.equal(whole.complete, true);
          for (const { error, broken } of seen) {
            const { code } = error ?? broken ?? { code: 'none' };
            assert.ok(['none', 'ECONNRESET'].includes(code) || /^HPE_/.test(code), code);
          }
        });
      }
    }
  });
}

describe('a whole answer that a reset follows', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const keepAlive of [false, true]) {
    it(`has no error, as with Node's agent, keepAlive ${keepAlive}`, async () => {
      const scheme = SCHEMES.http;
      const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world';
      const site = await scheme.serve(
        onRequests((socket) => socket.write(answer, () => socket.resetAndDestroy())),
      );
      for (let i = 0; i < 20; i++) {
        const seen = await sameEnding(scheme, site.port, { agent: { keepAlive } });
        assert.equal(seen.body, 'hello world');
        assert.equal(seen.error, undefined);
      }
    });
  }
});
