'use strict';

// What a request has finished to send reaches the server, also when the process ends right then.

const assert = require('node:assert/strict');
const { differs } = require('./support/agent');
const { ended, run, start } = require('./support/child');
const { cleanUp, httpServer, rawServer, signal } = require('./support/peer');
const { closeServers } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const ROUNDS = 4;
const TOGETHER = 6;
const PROCESSES = ROUNDS * TOGETHER;

// Written in a listener of 'exit' by fixtures/finishing-late.js.
const EXIT_BYTES = 60_000;

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

// Reads nothing until it is told to; `came` is given the body's bytes when the connection is over.
async function lateServer(secure, reads) {
  const came = signal();
  const script = async (socket) => {
    socket.on('error', () => {});
    socket.pause();
    await reads;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => came.give(text.slice(text.indexOf('\r\n\r\n') + 4)));
    socket.on('end', () => socket.end());
    socket.resume();
  };
  // In TLS 1.3 it would have something to say after the handshake, to a client that may have gone.
  const tls = { maxVersion: 'TLSv1.2' };
  const server = secure ? await serveRawTls(tls, script) : await rawServer(script);
  return { server, came };
}

describe('a process that ends while a server is late to read', function () {
  this.timeout(60_000);
  afterEach(cleanUp);
  afterEach(closeServers);

  // Some of these fit the kernel's buffers only with what waits before them.
  const SIZES = { finish: [250_000, 400_000, 550_000], callback: [250_000, 550_000], exit: [100] };

  for (const protocol of ['http', 'https']) {
    for (const [moment, sizes] of Object.entries(SIZES)) {
      const test =
        protocol === 'https' ? differs('its TLS writes in a later turn of the loop') : it;
      test(`has sent all that it wrote before its '${moment}', over ${protocol}`, async () => {
        const outcomes = sizes.map(async (size) => {
          const reads = signal();
          const { server, came } = await lateServer(protocol === 'https', reads);
          const child = start('finishing-late.js', [protocol, server.port, size, moment]);
          child.once('message', reads.give);
          const { code, stderr } = await ended(child);
          assert.equal(code, 7, stderr);
          reads.give();
          const { length } = await came;
          assert.equal(length, moment === 'exit' ? size + EXIT_BYTES : size);
        });
        await Promise.all(outcomes);
      });
    }
  }
});
