'use strict';

const assert = require('node:assert/strict');
const { agentWith, answer, dispose, get } = require('./support/agent');
const { closeServers, serveHeld } = require('./support/server');

/** Three connections, parked in the order of their numbers: 1, 2, 3. */
async function parkThree(agent, site) {
  const answers = [];
  const exchanges = [];
  for (let i = 0; i < 3; i++) {
    answers.push(answer(get({ port: site.port, agent })));
    exchanges.push(await site.next());
  }
  for (let i = 0; i < 3; i++) {
    assert.equal(exchanges[i].req.socket.number, i + 1);
    exchanges[i].res.end();
    await answers[i];
  }
}

async function whoServes(agent, site, n) {
  const numbers = [];
  const answers = [];
  const exchanges = [];
  for (let i = 0; i < n; i++) {
    answers.push(answer(get({ port: site.port, agent })));
    const exchange = await site.next();
    numbers.push(exchange.req.socket.number);
    exchanges.push(exchange);
  }
  for (const { res } of exchanges) res.end();
  await Promise.all(answers);
  return numbers;
}

describe('Agent scheduling', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('lifo takes the connection parked last', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, scheduling: 'lifo' });
    await parkThree(agent, site);
    assert.deepEqual(await whoServes(agent, site, 3), [3, 2, 1]);
    assert.equal(site.connections, 3);
  });

  it('fifo takes the connection parked first', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, scheduling: 'fifo' });
    await parkThree(agent, site);
    assert.deepEqual(await whoServes(agent, site, 3), [1, 2, 3]);
    assert.equal(site.connections, 3);
  });

  it('lifo keeps one connection warm', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    await parkThree(agent, site);
    for (let i = 0; i < 3; i++) assert.deepEqual(await whoServes(agent, site, 1), [3]);
  });

  it('fifo goes round', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, scheduling: 'fifo' });
    await parkThree(agent, site);
    for (const number of [1, 2, 3, 1]) {
      assert.deepEqual(await whoServes(agent, site, 1), [number]);
    }
  });

  it('is read when a connection is taken', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    await parkThree(agent, site);
    agent.scheduling = 'fifo';
    assert.deepEqual(await whoServes(agent, site, 1), [1]);
    agent.scheduling = 'lifo';
    assert.deepEqual(await whoServes(agent, site, 2), [1, 3]);
  });

  it('shows in the order of freeSockets', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    await parkThree(agent, site);
    const [list] = Object.values(agent.freeSockets);
    const serverPorts = [...site.sockets].sort((a, b) => a.number - b.number);
    assert.deepEqual(
      list.map((socket) => socket.localPort),
      serverPorts.map((socket) => socket.remotePort),
    );
  });
});
