'use strict';

// A process that ends mid-flight ends with its code, never by a signal.

const assert = require('node:assert/strict');
const { run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');

function busyServer() {
  return httpServer((req, res) => {
    if (req.url === '/big') res.end(Buffer.alloc(300_000));
  });
}

describe('a process that ends mid-flight', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  for (const [how, times] of [
    ['exit', 20],
    ['reallyExit', 4],
    ['throw', 4],
    ['listener', 4],
  ]) {
    it(`ends with its code by '${how}', ${times} times`, async () => {
      const server = await busyServer();
      const outcomes = [];
      for (let i = 0; i < times; i += 2) {
        const pair = [i, i + 1].map((n) => run('exiting.js', [server.port, how, n * 4]));
        outcomes.push(...(await Promise.all(pair)));
      }
      for (const { code, signal, stderr } of outcomes) {
        assert.equal(signal, null, stderr);
        assert.equal(code, 7, stderr);
        if (how !== 'throw') assert.equal(stderr, '');
      }
    });
  }
});
