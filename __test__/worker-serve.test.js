'use strict';

// Agents in worker threads: each thread loads the addon and has its own.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { fixtures } = require('./support/child');
const { agentOf, cleanUp, exchange, gone, httpServer } = require('./support/peer');

function sizeServer() {
  return httpServer((req, res) => res.end(Buffer.alloc(Number(req.url.slice(1)) || 0)));
}

function start(what, server, count = 0) {
  return new Worker(path.join(fixtures, 'worker.js'), {
    workerData: { what, port: server.port, count },
  });
}

// What a worker said, once it has ended by itself.
async function served(worker) {
  const exit = once(worker, 'exit');
  const [sum] = await once(worker, 'message');
  const [code] = await exit;
  assert.equal(code, 0);
  return sum;
}

function sumOf(count) {
  return (100 * count * (count - 1)) / 2;
}

describe('a worker thread', () => {
  afterEach(cleanUp);

  it('serves its requests and ends by itself', async () => {
    const server = await sizeServer();
    assert.equal(await served(start('serve', server, 100)), sumOf(100));
    assert.ok(server.connections <= 10, `${server.connections} connections`);
  });

  it('serves beside three others and the main thread', async () => {
    const server = await sizeServer();
    const agent = agentOf({ keepAlive: true, maxSockets: 5 });
    const workers = Array.from({ length: 4 }, () => served(start('serve', server, 200)));
    const own = Array.from({ length: 200 }, (_, i) =>
      exchange(server, agent, { path: `/${i * 100}` }),
    );
    assert.deepEqual(await Promise.all(workers), Array(4).fill(sumOf(200)));
    const lengths = (await Promise.all(own)).map(({ content }) => content.length);
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      sumOf(200),
    );
  });

  it('may come and go many times', async () => {
    const server = await sizeServer();
    for (let i = 0; i < 8; i++) {
      assert.equal(await served(start('serve', server, 20)), sumOf(20));
    }
  });

  it("ends with the code of process.exit, and the main thread's agent works on", async () => {
    const server = await httpServer((req, res) => {
      if (req.url !== '/never') res.end('ok');
    });
    const agent = agentOf({ keepAlive: true });
    const { req, socket } = await exchange(server, agent);
    await gone(req);
    const [code] = await once(start('processExit', server), 'exit');
    assert.equal(code, 5);
    const again = await exchange(server, agent);
    assert.equal(again.text, 'ok');
    assert.equal(again.socket, socket);
  });

  it('that throws in a listener tells the main thread and no other', async () => {
    const server = await sizeServer();
    const [error] = await once(start('throws', server), 'error');
    assert.equal(error.message, 'within the worker');
    const { content } = await exchange(server, agentOf(), { path: '/5' });
    assert.equal(content.length, 5);
  });
});
