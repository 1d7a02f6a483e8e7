'use strict';

const assert = require('node:assert/strict');
const { agentWith, answer, dispose, get, request, total } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

describe('Agent under load', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('answers 10,000 requests behind maxSockets 50, each exactly once', async () => {
    const count = 10_000;
    const served = new Uint8Array(count);
    const site = await serve((req, res) => {
      served[Number(req.url.slice(1))]++;
      res.end(req.url);
    });
    const agent = agentWith({ keepAlive: true, maxSockets: 50 });
    const answered = new Uint8Array(count);
    const answers = Array.from({ length: count }, async (_, i) => {
      const { body } = await answer(get({ port: site.port, path: `/${i}`, agent }));
      assert.equal(body, `/${i}`);
      answered[i]++;
    });
    assert.equal(total(agent.sockets), 50);
    assert.equal(total(agent.requests), count - 50);
    await Promise.all(answers);
    assert.ok(served.every((times) => times === 1));
    assert.ok(answered.every((times) => times === 1));
    assert.equal(site.connections, 50);
    assert.equal(agent.totalSocketCount, 50);
    assert.equal(total(agent.freeSockets), 50);
    assert.deepEqual(Object.keys(agent.requests), []);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('mixes up no bodies', async () => {
    const site = await serve((req, res) => req.pipe(res));
    const agent = agentWith({ keepAlive: true, maxSockets: 7, scheduling: 'fifo' });
    await Promise.all(
      Array.from({ length: 300 }, async (_, i) => {
        const body = `${i} `.repeat(1 + ((i * 37) % 5000));
        const req = request({ port: site.port, method: 'POST', agent });
        req.end(body);
        assert.equal((await answer(req)).body, body);
      }),
    );
    assert.equal(site.connections, 7);
  });

  it('serves many origins under one total', async () => {
    const sites = await Promise.all(Array.from({ length: 12 }, () => serve()));
    const agent = agentWith({ maxTotalSockets: 5 });
    let most = 0;
    await Promise.all(
      Array.from({ length: 240 }, async (_, i) => {
        const req = get({ port: sites[i % 12].port, agent });
        req.on('response', () => {
          most = Math.max(most, agent.totalSocketCount);
        });
        await answer(req);
      }),
    );
    assert.ok(most <= 5);
    for (const site of sites) assert.equal(site.requests, 20);
  });
});
