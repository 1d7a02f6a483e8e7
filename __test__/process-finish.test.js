'use strict';

// What a request has finished to send reaches the server, also when the process ends right then.

const assert = require('node:assert/strict');
const { run } = require('./support/child');
const { cleanUp, httpServer, signal } = require('./support/peer');

const TIMES = 5;

describe("a process that ends in the 'finish' of a request", function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  for (const connection of ['new', 'kept']) {
    for (const size of [100, 40_000]) {
      it(`has sent all of ${size} bytes over a ${connection} connection`, async () => {
        let arrived;
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
          req.on('close', () => arrived.give({ length, complete: req.complete }));
          req.on('end', () => res.end());
        });
        for (let i = 0; i < TIMES; i++) {
          arrived = signal();
          const { code, stderr } = await run('finishing.js', [server.port, size, connection]);
          assert.equal(code, 7, stderr);
          assert.deepEqual(await arrived, { length: size, complete: true });
          assert.equal(server.requests, (i + 1) * (connection === 'kept' ? 2 : 1));
        }
      });
    }
  }
});
