'use strict';

const assert = require('node:assert/strict');
const { agentWith, answer, closed, differs, dispose, get, total } = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const several = (n, make) => Array.from({ length: n }, (_, i) => make(i));

async function release(site, n) {
  for (let i = 0; i < n; i++) (await site.next()).res.end();
}

describe('Agent limits', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const keepAlive of [true, false]) {
    it(`maxSockets bounds an origin's connections, keepAlive ${keepAlive}`, async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive, maxSockets: 3 });
      let most = 0;
      const answers = several(12, async () => {
        const req = get({ port: site.port, agent });
        req.on('response', () => {
          most = Math.max(most, total(agent.sockets), site.sockets.size);
        });
        return answer(req);
      });
      assert.equal(total(agent.sockets), 3);
      assert.equal(total(agent.requests), 9);
      await Promise.all(answers);
      assert.equal(most, 3);
      assert.equal(site.requests, 12);
      assert.equal(site.connections, 3);
    });
  }

  it('maxSockets counts each origin by itself', async () => {
    const one = await serve();
    const two = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const reqs = [one, two].map((site) => get({ port: site.port, agent }));
    assert.equal(total(agent.sockets), 2);
    assert.equal(total(agent.requests), 0);
    await Promise.all(reqs.map(answer));
  });

  it('maxTotalSockets bounds all origins together', async () => {
    const sites = [await serveHeld(), await serveHeld()];
    const agent = agentWith({ maxTotalSockets: 3, maxSockets: 2 });
    const answers = several(4, (i) => answer(get({ port: sites[i % 2].port, agent })));
    assert.equal(agent.totalSocketCount, 3);
    assert.equal(total(agent.requests), 1);
    const served = sites.map((site) => release(site, 2));
    await Promise.all(answers);
    await Promise.all(served);
  });

  it('a queue is served in order, over the same connection', async () => {
    const order = [];
    const site = await serve((req, res) => {
      order.push(req.url);
      res.end();
    });
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const paths = several(8, (i) => `/${i}`);
    await Promise.all(paths.map((path) => answer(get({ port: site.port, path, agent }))));
    assert.deepEqual(order, paths);
    assert.equal(site.connections, 1);
  });

  it('maxFreeSockets bounds what is parked, the rest closes', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxFreeSockets: 2 });
    const reqs = several(5, () => get({ port: site.port, agent }));
    const answers = reqs.map(answer);
    const exchanges = [];
    for (const _ of reqs) exchanges.push(await site.next());
    for (const { res } of exchanges) res.end();
    const sockets = (await Promise.all(answers)).map(({ socket }) => socket);
    const parked = Object.values(agent.freeSockets)[0];
    assert.equal(parked.length, 2);
    const dropped = sockets.filter((socket) => !parked.includes(socket));
    assert.ok(dropped.every((socket) => socket.destroyed));
    await Promise.all(dropped.map(closed));
    assert.equal(agent.totalSocketCount, 2);
    assert.equal(site.connections, 5);
  });

  it('a smaller maxFreeSockets holds from the next connection that comes free', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const answers = several(3, () => answer(get({ port: site.port, agent })));
    const exchanges = [await site.next(), await site.next(), await site.next()];
    agent.maxFreeSockets = 1;
    assert.equal(agent.maxFreeSockets, 1);
    for (const { res } of exchanges) res.end();
    await Promise.all(answers);
    assert.equal(total(agent.freeSockets), 1);
  });

  differs('what is parked stays')(
    'a smaller maxFreeSockets closes what it leaves over',
    async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true });
      const answers = several(3, () => answer(get({ port: site.port, agent })));
      await release(site, 3);
      const sockets = (await Promise.all(answers)).map(({ socket }) => socket);
      agent.maxFreeSockets = 1;
      assert.equal(total(agent.freeSockets), 1);
      const [[kept]] = Object.values(agent.freeSockets);
      const dropped = sockets.filter((socket) => socket !== kept);
      assert.equal(dropped.length, 2);
      await Promise.all(dropped.map(closed));
      assert.equal(agent.totalSocketCount, 1);
    },
  );

  it('a smaller maxSockets holds for the next request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const answers = several(2, () => answer(get({ port: site.port, agent })));
    agent.maxSockets = 2;
    assert.equal(agent.maxSockets, 2);
    answers.push(answer(get({ port: site.port, agent })));
    assert.equal(total(agent.sockets), 2);
    assert.equal(total(agent.requests), 1);
    await release(site, 3);
    await Promise.all(answers);
    assert.equal(site.connections, 2);
  });

  it('a larger maxSockets holds for the next request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const answers = [answer(get({ port: site.port, agent }))];
    agent.maxSockets = 2;
    answers.push(answer(get({ port: site.port, agent })));
    assert.equal(total(agent.sockets), 2);
    await release(site, 2);
    await Promise.all(answers);
    assert.equal(site.connections, 2);
  });

  it('a larger maxTotalSockets holds for the next request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
    const answers = [answer(get({ port: site.port, agent }))];
    agent.maxTotalSockets = 2;
    assert.equal(agent.maxTotalSockets, 2);
    answers.push(answer(get({ port: site.port, agent })));
    assert.equal(agent.totalSocketCount, 2);
    await release(site, 2);
    await Promise.all(answers);
  });

  for (const limit of ['maxSockets', 'maxTotalSockets']) {
    differs('queued requests wait for a connection to come free')(
      `raising ${limit} lets queued requests go at once`,
      async () => {
        const site = await serveHeld();
        const agent = agentWith({ keepAlive: true, [limit]: 1 });
        const answers = several(4, () => answer(get({ port: site.port, agent })));
        assert.equal(total(agent.requests), 3);
        agent[limit] = 3;
        assert.equal(agent[limit], 3);
        // Nothing has been answered yet: the new connections are there by the raise alone.
        const exchanges = [await site.next(), await site.next(), await site.next()];
        assert.equal(total(agent.requests), 1);
        assert.equal(agent.totalSocketCount, 3);
        for (const { res } of exchanges) res.end();
        await release(site, 1);
        await Promise.all(answers);
        assert.equal(site.connections, 3);
      },
    );
  }

  // The largest that are counted, and what is counted no more.
  for (const limit of [2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, Number.MAX_VALUE, Infinity]) {
    it(`limits of ${limit} queue nothing and park everything`, async () => {
      const site = await serve();
      const limits = { maxSockets: limit, maxTotalSockets: limit, maxFreeSockets: limit };
      const agent = agentWith({ keepAlive: true, ...limits });
      const reqs = several(5, () => get({ port: site.port, agent }));
      assert.equal(total(agent.sockets), 5);
      assert.equal(total(agent.requests), 0);
      await Promise.all(reqs.map(answer));
      assert.equal(site.connections, 5);
      assert.equal(total(agent.freeSockets), 5);
    });
  }

  it('a limit between two numbers is the larger one', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1.5, maxTotalSockets: 2.5 });
    const answers = several(3, () => answer(get({ port: site.port, agent })));
    assert.equal(total(agent.sockets), 2);
    assert.equal(total(agent.requests), 1);
    await release(site, 3);
    await Promise.all(answers);
    assert.equal(site.connections, 2);
  });
});
