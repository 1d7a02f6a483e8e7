'use strict';

// The ids of connections: no two of a process have the same, and each is used again.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { connectionOf } = require('../lib/connection');
const { fixtures } = require('./support/child');
const { agentOf, cleanUp, exchange, httpServer, request } = require('./support/peer');

const SIZE = 1000;

function sizeServer() {
  return httpServer((req, res) => res.end(Buffer.alloc(Number(req.url.slice(1)))));
}

// A worker thread with so many connections, and what it has said of them.
async function started(server, count) {
  const worker = new Worker(path.join(fixtures, 'connection-ids.js'), {
    workerData: { port: server.port, count, size: SIZE },
  });
  const [{ ids, bytes }] = await once(worker, 'message');
  assert.equal(bytes, count * SIZE);
  return { worker, ids };
}

// The ids of so many connections of this thread, all open at once.
async function idsHere(server, count) {
  const agent = agentOf({ keepAlive: true, maxFreeSockets: count });
  const one = () => exchange(server, agent, { path: `/${SIZE}` });
  const all = await Promise.all(Array.from({ length: count }, one));
  return all.map(({ socket }) => connectionOf(socket));
}

describe('the ids of connections', () => {
  afterEach(cleanUp);

  it('are unique in the process, whichever thread a connection is of', async () => {
    const server = await sizeServer();
    // More than are taken at once; few; one.
    const counts = [100, 3, 1];
    const workers = await Promise.all(counts.map((count) => started(server, count)));
    const ids = [...(await idsHere(server, 100)), ...workers.flatMap((worker) => worker.ids)];
    assert.equal(ids.length, 204);
    assert.equal(new Set(ids).size, 204);
    assert.ok(ids.every((id) => Number.isInteger(id) && id >= 0));

    // Each thread goes on over its own.
    for (const { worker, ids: own } of workers) {
      worker.postMessage('again');
      const [again] = await once(worker, 'message');
      assert.deepEqual(again, { ids: own, bytes: own.length * SIZE });
      const exit = once(worker, 'exit');
      worker.postMessage('end');
      assert.deepEqual(await exit, [0]);
    }
  });

  for (const how of ['terminated', 'at its end']) {
    it(`of a thread that is ${how} come back`, async () => {
      const server = await sizeServer();
      const COUNT = 70;
      const here = await idsHere(server, 1);
      let highest = 0;
      for (let round = 0; round < 4; round++) {
        const { worker, ids } = await started(server, COUNT);
        assert.ok(!ids.includes(here[0]));
        if (round === 0) highest = ids.at(-1);
        assert.ok(ids.at(-1) <= highest, `${ids.at(-1)} after ${highest}`);
        const exit = once(worker, 'exit');
        if (how === 'terminated') await worker.terminate();
        else worker.postMessage('end');
        await exit;
      }
    });
  }

  it('are used again when a connection has closed', async () => {
    const server = await sizeServer();
    const agent = agentOf({ keepAlive: false });
    const ids = new Set();
    for (let i = 0; i < 200; i++) {
      const req = request(server, agent, { path: '/1' }).end();
      const [res] = await once(req, 'response');
      ids.add(connectionOf(res.socket));
      res.resume();
      await once(res.socket, 'close');
    }
    assert.ok(ids.size < 20, `${ids.size} ids`);
  });

  it('are used again where nothing was begun', async () => {
    const server = await sizeServer();
    const ids = new Set();
    for (let i = 0; i < 200; i++) {
      // The program's own lookup. Nobody waits for its answer.
      const req = request(server, agentOf(), { host: 'nowhere.invalid', lookup() {} });
      const [socket] = await once(req, 'socket');
      ids.add(connectionOf(socket));
      const closed = new Promise((resolve) => req.on('error', resolve));
      req.destroy();
      await closed;
    }
    assert.ok(ids.size < 20, `${ids.size} ids`);
  });
});
