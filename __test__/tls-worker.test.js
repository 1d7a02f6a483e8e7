'use strict';

// HttpsAgents in worker threads: each has its own, and one that is terminated takes nothing with
// it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { pki } = require('./support/certificates');
const { fixtures } = require('./support/child');
const { answer, dispose, getSecure, httpsAgentWith } = require('./support/https-agent');
const { closeServers, gone, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('a worker thread with an HttpsAgent', function () {
  this.timeout(60_000);
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  function serve(options) {
    return serveTls(options, (req, res) => {
      if (req.url !== '/never') res.end(Buffer.alloc(Number(req.url.slice(1)) || 0));
    });
  }

  function start(what, site, count = 0) {
    return new Worker(path.join(fixtures, 'tls-worker.js'), {
      workerData: { what, port: site.port, ca, count },
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

  const sumOf = (count) => (100 * count * (count - 1)) / 2;

  // The main thread's own agent still has its connection, and more of them.
  async function check(site, agent, socket) {
    const again = await answer(getSecure({ port: site.port, path: '/20000', agent }));
    assert.equal(again.body.length, 20_000);
    assert.equal(again.socket, socket);
    const fresh = getSecure({ port: site.port, path: '/7', agent: httpsAgentWith({ ca }) });
    assert.equal((await answer(fresh)).body.length, 7);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`serves beside four others and the main thread (${version})`, async () => {
      const site = await serve({ maxVersion: version });
      const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 5 });
      const workers = Array.from({ length: 5 }, () => served(start('serve', site, 100)));
      const own = Array.from({ length: 100 }, (_, i) =>
        answer(getSecure({ port: site.port, path: `/${i * 100}`, agent })),
      );
      assert.deepEqual(await Promise.all(workers), Array(5).fill(sumOf(100)));
      const lengths = (await Promise.all(own)).map(({ body }) => body.length);
      assert.equal(
        lengths.reduce((sum, length) => sum + length, 0),
        sumOf(100),
      );
      assert.equal(site.requests, 600);
    });
  }

  for (const what of ['flight', 'handshakes']) {
    it(`is terminated in ${what}, five times, and harms nobody`, async () => {
      const site = await serve();
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const { socket } = await answer(getSecure({ port: site.port, path: '/10', agent }));
      for (let i = 0; i < 5; i++) {
        const worker = start(what, site);
        await once(worker, 'message');
        for (let turn = 0; turn < i * 3; turn++) await new Promise(setImmediate);
        assert.equal(await worker.terminate(), 1);
      }
      await check(site, agent, socket);
    });
  }

  it('is terminated while it waits for a handshake, and its connections close', async () => {
    const site = await serve();
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const { socket } = await answer(getSecure({ port: site.port, path: '/10', agent }));
    const stalled = await serveRaw((far) => far.resume());
    for (let i = 0; i < 5; i++) {
      const worker = start('waiting', stalled);
      await once(worker, 'message');
      while (stalled.sockets.size < 10) await new Promise(setImmediate);
      const over = [...stalled.sockets].map(gone);
      assert.equal(await worker.terminate(), 1);
      await Promise.all(over);
    }
    await check(site, agent, socket);
  });

  it('is terminated beside others that go on', async () => {
    const site = await serve();
    const others = [start('flight', site), start('handshakes', site)];
    const doomed = [start('flight', site), start('handshakes', site), start('flight', site)];
    await Promise.all([...others, ...doomed].map((worker) => once(worker, 'message')));
    await Promise.all(doomed.map((worker) => worker.terminate()));
    const before = site.requests;
    while (site.requests < before + 200) await new Promise(setImmediate);
    const sum = await served(start('serve', site, 50));
    assert.equal(sum, sumOf(50));
    await Promise.all(others.map((worker) => worker.terminate()));
  });

  it("ends with the code of process.exit, and the main thread's agent works on", async () => {
    const site = await serve();
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const { socket } = await answer(getSecure({ port: site.port, path: '/10', agent }));
    const [code] = await once(start('processExit', site), 'exit');
    assert.equal(code, 5);
    await check(site, agent, socket);
  });
});
