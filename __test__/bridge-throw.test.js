'use strict';

// An exception thrown by a listener is an uncaughtException, exactly once, and everything else
// that had arrived is still delivered.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { result, run } = require('./support/child');
const { agentOf, cleanUp, exchange, gone, httpServer, later, request } = require('./support/peer');

// Answers nobody until `count` requests are there, then all of them in one go.
async function together(count) {
  const waiting = [];
  return httpServer((req, res) => {
    waiting.push(() => res.end(`answer to ${req.url}`));
    if (waiting.length === count) for (const answer of waiting.splice(0)) answer();
  });
}

describe('a listener that throws', () => {
  afterEach(cleanUp);

  for (const event of ['response', 'data', 'end', 'socket close']) {
    it(`on '${event}' is caught once, and the other requests are answered`, async () => {
      const server = await together(50);
      const seen = result(await run('throwing.js', [server.port, event]));
      const expected = [];
      for (let i = 0; i < 50; i += 3) expected.push(`listener ${i} uncaughtException`);
      assert.deepEqual(seen, { thrown: 17, caught: expected.sort(), others: 33 });
    });
  }

  for (const event of ['connect', 'response', 'data', 'end', 'unhandled']) {
    it(`on '${event}' ends a process that does not catch it, with its stack`, async () => {
      const server = await httpServer((_, res) => res.end('answer'));
      const { code, signal, stderr } = await run('uncaught.js', [server.port, event]);
      assert.equal(signal, null);
      assert.equal(code, 1);
      assert.match(stderr, /TypeError: nobody catches this/);
      assert.match(stderr, /uncaught\.js:\d+/);
      assert.equal(stderr.match(/TypeError: nobody catches this/g).length, 1);
    });
  }

  it("on 'timeout' ends a process that does not catch it", async () => {
    const server = await httpServer(() => {});
    const { code, stderr } = await run('uncaught.js', [server.port, 'timeout']);
    assert.equal(code, 1);
    assert.match(stderr, /theThrower/);
  });

  it('late in a batch does not drown the bell', async () => {
    const seen = result(await run('throwing-late.js'));
    assert.deepEqual(seen, { caught: ['data one', 'data two'], answered: 1 });
  });

  it('leaves the agent working', async () => {
    const server = await httpServer((_, res) => res.end('answer'));
    const agent = agentOf({ keepAlive: true });
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    later(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    const caught = new Promise((done) => process.once('uncaughtException', done));
    const req = request(server, agent).end();
    req.on('error', () => {});
    const [socket] = await once(req, 'socket');
    const reason = new Error('on connect');
    socket.on('connect', () => {
      throw reason;
    });
    assert.equal(await caught, reason);
    socket.destroy();
    await gone(socket);
    const { text } = await exchange(server, agent);
    assert.equal(text, 'answer');
  });
});
