'use strict';

// setKeepAlive with all that it takes: what is off stays off, whatever else is said.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { since } = require('./support/agent');
const { agentOf, body, cleanUp, httpServer, request, signal } = require('./support/peer');
const { kernelTimer } = require('./support/kernel');

const KEEP_ALIVE_TIMER = 2;

// The socket may belong to another thread: ask until the kernel says so.
async function becomes(socket, on) {
  while ((kernelTimer(socket.localPort) === KEEP_ALIVE_TIMER) !== on) {
    await new Promise(setImmediate);
  }
}

async function heldResponse() {
  const rest = signal();
  const server = await httpServer((_, res) => {
    res.flushHeaders();
    rest.then(() => res.end('done'));
  });
  const req = request(server, agentOf()).end();
  const [res] = await once(req, 'response');
  return {
    socket: res.socket,
    async finish() {
      rest.give();
      assert.equal((await body(res)).toString(), 'done');
    },
  };
}

describe('setKeepAlive', () => {
  afterEach(cleanUp);

  for (const [form, can, off, on] of [
    ['arguments', it, [false, 0, 5000, 3], [true, 60_000, 5000, 3]],
    [
      'an object',
      since(26),
      [{ enable: false, interval: 5000, count: 3 }],
      [{ enable: true, initialDelay: 60_000, interval: 5000, count: 3 }],
    ],
  ]) {
    can(`given interval and count by ${form} turns it on, and off again`, async () => {
      const { socket, finish } = await heldResponse();
      const told = kernelTimer(socket.localPort) !== null;
      for (const [args, enabled] of [
        [off, false],
        [on, true],
        [off, false],
      ]) {
        assert.equal(socket.setKeepAlive(...args), socket);
        if (told) await becomes(socket, enabled);
      }
      await finish();
    });
  }
});
