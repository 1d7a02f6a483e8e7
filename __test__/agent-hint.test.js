'use strict';

// What the server says in `Keep-Alive: timeout=N`: the agent lets go of a parked connection a
// little sooner than that.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentWith,
  answer,
  closed,
  differs,
  dispose,
  get,
  since,
  total,
} = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const hinting = (hint) =>
  serve((req, res) => res.setHeader('keep-alive', hint).end(String(req.socket.number)));

/** A connection is parked, then the agent closes it, not the server. */
async function letsGo(agent, site) {
  const { body, socket } = await answer(get({ port: site.port, agent }));
  assert.equal(total(agent.freeSockets), 1);
  const peer = [...site.sockets].find(({ number }) => String(number) === body);
  await Promise.all([closed(socket), once(peer, 'close')]);
  assert.equal(agent.totalSocketCount, 0);
  assert.equal(total(agent.freeSockets), 0);
  const req = get({ port: site.port, agent });
  assert.equal(req.reusedSocket, false);
  await answer(req);
}

describe('Agent and the Keep-Alive hint', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('lets go of the connection before the server does', async () => {
    const site = await hinting('timeout=2');
    const agent = agentWith({ keepAlive: true, timeout: 60_000 });
    await letsGo(agent, site);
  });

  it('keeps its timeout where that is below the hint', async () => {
    const site = await hinting('timeout=100, max=50');
    const agent = agentWith({ keepAlive: true, timeout: 5_000 });
    const { socket } = await answer(get({ port: site.port, agent }));
    assert.equal(socket.timeout, 5_000);
  });

  since(22)('takes off agentKeepAliveTimeoutBuffer', async () => {
    const site = await hinting('timeout=1');
    const options = { keepAlive: true, timeout: 60_000, agentKeepAliveTimeoutBuffer: 900 };
    await letsGo(agentWith(options), site);
  });

  since(22)('reads the buffer live', async () => {
    const site = await hinting('timeout=2');
    const agent = agentWith({ keepAlive: true, timeout: 60_000 });
    agent.agentKeepAliveTimeoutBuffer = 2_000;
    const { socket } = await answer(get({ port: site.port, agent }));
    assert.ok(socket.destroyed);
    agent.agentKeepAliveTimeoutBuffer = 1_900;
    await letsGo(agent, site);
  });

  for (const hint of ['timeout=1', 'timeout=0', 'timeout=1, max=5']) {
    it(`does not keep a connection after ${hint}`, async () => {
      const site = await hinting(hint);
      const agent = agentWith({ keepAlive: true });
      const { socket } = await answer(get({ port: site.port, agent }));
      assert.ok(socket.destroyed);
      assert.equal(total(agent.freeSockets), 0);
      await closed(socket);
      assert.equal(agent.totalSocketCount, 0);
      await answer(get({ port: site.port, agent }));
      assert.equal(site.connections, 2);
    });
  }

  since(22)('keeps a connection after timeout=1 with a smaller buffer', async () => {
    const site = await hinting('timeout=1');
    const agent = agentWith({ keepAlive: true, agentKeepAliveTimeoutBuffer: 0 });
    await answer(get({ port: site.port, agent }));
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  for (const hint of ['max=5', 'timeout', 'timeout=', 'timeout=soon', 'max=5, timeout=1']) {
    it(`makes nothing of ${hint}`, async () => {
      const site = await hinting(hint);
      const agent = agentWith({ keepAlive: true, timeout: 50_000 });
      const { socket } = await answer(get({ port: site.port, agent }));
      assert.equal(total(agent.freeSockets), 1);
      assert.equal(socket.timeout, 50_000);
    });
  }

  differs('without a timeout of its own it drops the hint')(
    'obeys it without a timeout of its own',
    async () => {
      const site = await hinting('timeout=1');
      const agent = agentWith({ keepAlive: true, agentKeepAliveTimeoutBuffer: 900 });
      await letsGo(agent, site);
    },
  );

  for (const [timeout, can] of [
    [undefined, it],
    [60_000, differs('the hint stays on the socket')],
  ]) {
    can(`the hint is no timeout of the next request, agent timeout ${timeout}`, async () => {
      const site = await hinting('timeout=2');
      const agent = agentWith({ keepAlive: true, timeout });
      await answer(get({ port: site.port, agent }));
      const req = get({ port: site.port, agent });
      assert.equal(req.reusedSocket, true);
      const [socket] = await once(req, 'socket');
      assert.equal(socket.timeout || undefined, timeout);
      await answer(req);
      assert.equal(site.connections, 1);
    });
  }

  since(22)('a request may outlast the hint', async () => {
    let late;
    const site = await serve((req, res) => {
      res.setHeader('keep-alive', 'timeout=1');
      if (req.url === '/late') late = res;
      else res.end();
    });
    const agent = agentWith({ keepAlive: true, agentKeepAliveTimeoutBuffer: 800 });
    await answer(get({ port: site.port, agent }));
    const answered = answer(get({ port: site.port, path: '/late', agent }));
    // A connection parked after that request was sent is let go of, the request's own is not.
    const other = agentWith({ keepAlive: true });
    other.keepSocketAlive = (socket) => socket.setTimeout(400);
    const { socket } = await answer(get({ port: site.port, agent: other }));
    await closed(socket);
    late.end('late');
    assert.equal((await answered).body, 'late');
    assert.equal(site.connections, 2);
  });
});
