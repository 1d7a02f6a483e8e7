'use strict';

// Workers that are terminated mid-request take nothing with them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { fixtures } = require('./support/child');
const { agentOf, cleanUp, exchange, gone, httpServer } = require('./support/peer');

function endlessServer() {
  return httpServer((req, res) => {
    if (req.url !== '/never') res.end(Buffer.alloc(Number(req.url.slice(1)) || 0));
  });
}

function start(what, server) {
  return new Worker(path.join(fixtures, 'worker.js'), {
    workerData: { what, port: server.port, count: 0 },
  });
}

describe('a worker that is terminated', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  for (const what of ['busy', 'waiting']) {
    it(`while ${what}, ten times, leaves the main thread's agent working`, async () => {
      const server = await endlessServer();
      const agent = agentOf({ keepAlive: true });
      const { req, socket } = await exchange(server, agent, { path: '/10' });
      await gone(req);
      for (let i = 0; i < 10; i++) {
        const worker = start(what, server);
        await once(worker, 'message');
        for (let turn = 0; turn < i; turn++) await new Promise(setImmediate);
        assert.equal(await worker.terminate(), 1);
      }
      const again = await exchange(server, agent, { path: '/20000' });
      assert.equal(again.content.length, 20_000);
      assert.equal(again.socket, socket);
    });
  }

  it('closes its connections', async () => {
    const server = await endlessServer();
    const worker = start('busy', server);
    await once(worker, 'message');
    const sockets = [...server.sockets];
    assert.ok(sockets.length > 0);
    const closed = Promise.all(sockets.map(gone));
    await worker.terminate();
    await closed;
  });

  it('before it has started does no harm', async () => {
    const server = await endlessServer();
    for (let i = 0; i < 5; i++) {
      const worker = start('busy', server);
      await worker.terminate();
    }
    const { content } = await exchange(server, agentOf(), { path: '/3' });
    assert.equal(content.length, 3);
  });

  it('beside others leaves the others working', async () => {
    const server = await endlessServer();
    const others = [start('busy', server), start('busy', server)];
    const doomed = start('busy', server);
    await Promise.all([...others, doomed].map((worker) => once(worker, 'message')));
    await doomed.terminate();
    const before = server.requests;
    while (server.requests < before + 200) await new Promise(setImmediate);
    await Promise.all(others.map((worker) => worker.terminate()));
  });
});
