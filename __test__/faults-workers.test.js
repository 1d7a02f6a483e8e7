'use strict';

// Many workers that are terminated at once, each with requests in flight, in its handshakes, or
// waiting: their connections close, and the main thread's agents and later workers work on.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { answer, dispose } = require('./support/agent');
const { pki } = require('./support/certificates');
const { fixtures } = require('./support/child');
const { SCHEMES } = require('./support/ending');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const WORKERS = 24;
// What a small machine bears.
const AT_ONCE = 6;

const KINDS = {
  http: { serve, fixture: 'worker.js', states: ['busy', 'waiting'] },
  https: {
    serve: (listener) => serveTls({}, listener),
    fixture: 'tls-worker.js',
    states: ['flight', 'handshakes'],
  },
};

describe(`${WORKERS} workers that are terminated, ${AT_ONCE} at once`, function () {
  this.timeout(120_000);
  afterEach(dispose);
  afterEach(closeServers);

  for (const [name, { serve: open, fixture, states }] of Object.entries(KINDS)) {
    it(`take nothing with them (${name})`, async () => {
      const ca = (await pki()).root.pem;
      const scheme = SCHEMES[name];
      const site = await open((req, res) => {
        if (req.url !== '/never') res.end(Buffer.alloc(Number(req.url.slice(1)) || 0));
      });
      const start = (what, count = 0) =>
        new Worker(path.join(fixtures, fixture), {
          workerData: { what, port: site.port, ca, count },
        });
      const [, agent] = await scheme.agents({ maxSockets: 2 });

      for (let i = 0; i < WORKERS; i += AT_ONCE) {
        const workers = Array.from({ length: AT_ONCE }, (_, n) => start(states[n % states.length]));
        await Promise.all(workers.map((worker) => once(worker, 'message')));
        // Meanwhile the main thread has a request of its own under way.
        const waits = scheme.get({ port: site.port, path: '/never', agent });
        const over = new Promise((resolve) => waits.on('error', () => {}).once('close', resolve));
        const codes = await Promise.all(workers.map((worker) => worker.terminate()));
        assert.deepEqual(codes, Array(AT_ONCE).fill(1));
        const { body } = await answer(scheme.get({ port: site.port, path: '/20000', agent }));
        assert.equal(body.length, 20_000);
        waits.destroy();
        await over;
      }

      // All that is left are the main thread's.
      while (site.sockets.size > agent.totalSocketCount) await new Promise(setImmediate);
      assert.ok(agent.totalSocketCount <= 2);
      const later = start('serve', 20);
      // A busy thread hears of both at once.
      const exited = once(later, 'exit');
      const [sum] = await once(later, 'message');
      assert.equal(sum, (100 * 20 * 19) / 2);
      const [code] = await exited;
      assert.equal(code, 0);
    });
  }
});
