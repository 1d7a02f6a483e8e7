'use strict';

// The ids of connections: no two of a process have the same, and each is used again.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { native } = require('../lib/bridge/addon');
const { connectionOf } = require('../lib/connection/connection');
const { answer } = require('./support/agent');
const { fixtures } = require('./support/child');
const { SCHEMES, onRequests } = require('./support/ending');
const {
  agentOf,
  cleanUp,
  closedPort,
  exchange,
  gone,
  httpServer,
  request,
} = require('./support/peer');

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

  for (const [name, scheme] of Object.entries(SCHEMES)) {
    const ours = async (options) => (await scheme.agents(options))[1];
    const reset = (site) => {
      for (const socket of site.sockets) socket.resetAndDestroy();
    };

    // Whether the id is free when the socket has closed.
    const isFreed = async (socket, id) => {
      await gone(socket);
      // The last ones that were given back go out first.
      const next = Array.from({ length: 64 }, () => native.open());
      for (const one of next) native.forget(one);
      return next.includes(id);
    };

    it(`are free with the failure of their connection: none is waited for (${name})`, async () => {
      const agent = await ours();

      const refused = scheme.get({ port: await closedPort(), agent });
      refused.on('error', () => {});
      const [socket] = await once(refused, 'socket');
      assert.ok(await isFreed(socket, connectionOf(socket)), 'refused');

      const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n';
      const site = await scheme.serve(
        onRequests((server, path) => server.write(path === '/whole' ? `${HEAD}all` : `${HEAD}a`)),
      );
      const req = scheme.get({ port: site.port, path: '/half', agent });
      const [res] = await once(req, 'response');
      for (const stream of [req, res]) stream.on('error', () => {});
      await once(res, 'data');
      const half = isFreed(req.socket, connectionOf(req.socket));
      reset(site);
      assert.ok(await half, 'within an answer');

      const { socket: parked } = await answer(
        scheme.get({ port: site.port, path: '/whole', agent }),
      );
      const idle = isFreed(parked, connectionOf(parked));
      reset(site);
      assert.ok(await idle, 'parked');
    });

    it(`come back where program and server close at once (${name})`, async () => {
      const site = await scheme.serve(
        onRequests((server) => server.write('HTTP/1.1 204 No Content\r\n\r\n')),
      );
      const ids = new Set();
      for (let i = 0; i < 50; i++) {
        const agent = await ours();
        const { socket } = await answer(scheme.get({ port: site.port, agent }));
        ids.add(connectionOf(socket));
        reset(site);
        // Time for the I/O thread to see it.
        if (i % 2 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        socket.destroy();
        await gone(socket);
      }
      assert.ok(ids.size < 10, `${ids.size} ids`);
    });
  }
});
