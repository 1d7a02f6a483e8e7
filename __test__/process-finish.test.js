'use strict';

// What a request has finished to send reaches the server, also when the process ends right then.

const assert = require('node:assert/strict');
const { run } = require('./support/child');
const { cleanUp, httpServer, signal } = require('./support/peer');

const ROUNDS = 4;
const TOGETHER = 6;
const PROCESSES = ROUNDS * TOGETHER;

// Its `over` is given when the connections of all processes have closed; `posts` is what came.
async function postServer() {
  const posts = [];
  const over = signal();
  let closings = 0;
  const server = await httpServer((req, res) => {
    if (req.url !== '/post') {
      res.end();
      return;
    }
    let length = 0;
    req.on('data', (chunk) => {
      length += chunk.length;
    });
    req.on('error', () => {});
    req.on('close', () => posts.push({ length, complete: req.complete }));
    req.on('end', () => res.end());
  });
  server.server.on('connection', (socket) => {
    // The requests of a connection close right after it.
    socket.on('close', () => {
      if (++closings === PROCESSES) setImmediate(over.give);
    });
  });
  return { server, posts, over };
}

describe("a process that ends in the 'finish' of a request", function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  for (const connection of ['new', 'kept']) {
    // 64 KiB do not fill their packets: the last bytes may wait for more, but not for ever.
    for (const size of [100, 40_000, 65_536]) {
      it(`has sent all of ${size} bytes over a ${connection} connection`, async () => {
        const { server, posts, over } = await postServer();
        for (let i = 0; i < ROUNDS; i++) {
          const started = Array.from({ length: TOGETHER }, () =>
            run('finishing.js', [server.port, size, connection]),
          );
          for (const { code, stderr } of await Promise.all(started)) assert.equal(code, 7, stderr);
        }
        await over;
        const whole = posts.filter(({ length, complete }) => complete && length === size);
        assert.equal(whole.length, PROCESSES);
      });
    }
  }
});
