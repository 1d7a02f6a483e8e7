'use strict';

// Overridden methods, and methods called by hand, that change what the pool thinks it has.

const assert = require('node:assert/strict');
const http = require('node:http');
const { Agent, agentWith, answer, closed, dispose, get, total } = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

describe('Agent createSocket that gives the request to another agent', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const together of [false, true]) {
    it(`leaks no place, ${together ? 'requests at once' : 'one after the other'}`, async () => {
      const site = await serve();
      const inner = agentWith({ keepAlive: true });
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      agent.createSocket = (req, options) => inner.addRequest(req, options);
      const ask = () => answer(get({ port: site.port, agent }));
      for (let round = 0; round < 3; round++) {
        if (together) await Promise.all([ask(), ask()]);
        else await ask();
      }
      assert.equal(site.requests, together ? 6 : 3);
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(total(agent.sockets), 0);
      assert.equal(total(agent.requests), 0);
    });
  }
});

describe('Agent removeSocket', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('by hand of a socket in use does not keep it from the pool later', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const name = `127.0.0.1:${site.port}:`;
    for (let i = 0; i < 3; i++) {
      const answered = answer(get({ port: site.port, agent }));
      const { res } = await site.next();
      const [socket] = agent.sockets[name];
      const events = ['free', 'close', 'timeout', 'agentRemove'];
      const before = events.map((event) => socket.listenerCount(event));
      agent.removeSocket(socket, { host: '127.0.0.1', port: site.port });
      assert.deepEqual(Object.keys(agent.sockets), []);
      res.end();
      await answered;
      assert.deepEqual(agent.freeSockets[name], [socket]);
      assert.equal(socket.listenerCount('free'), 1);
      // The client's own 'close' listener is off by now.
      events.forEach((event, at) => assert.ok(socket.listenerCount(event) <= before[at], event));
    }
    assert.equal(site.connections, 1);
  });

  it('by hand of a parked socket leaves it there', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    agent.removeSocket(socket, { host: '127.0.0.1', port: site.port });
    assert.deepEqual(Object.values(agent.freeSockets), [[socket]]);
    const req = get({ port: site.port, agent });
    assert.equal(req.reusedSocket, true);
    assert.equal((await answer(req)).socket, socket);
    assert.equal(site.connections, 1);
  });

  it('overridden is called when a socket is parked, and when it closes', async () => {
    const site = await serve();
    const calls = [];
    class Mine extends Agent {
      removeSocket(socket, options) {
        calls.push({ socket, port: options.port, destroyed: socket.destroyed });
        return super.removeSocket(socket, options);
      }
    }
    const agent = new Mine({ keepAlive: true });
    const { port } = site;
    const { socket } = await answer(get({ port, agent }));
    assert.deepEqual(calls, [{ socket, port, destroyed: false }]);
    await answer(get({ port, agent }));
    assert.equal(calls.length, 2);
    agent.destroy();
    await closed(socket);
    assert.equal(calls.length, 3);
    assert.deepEqual(calls[2], { socket, port, destroyed: true });
    assert.equal(agent.totalSocketCount, 0);
  });
});

describe('Agent reuseSocket that throws', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('throws through http.get, and the pool goes on', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    await answer(get({ port: site.port, agent }));
    agent.reuseSocket = () => {
      throw new RangeError('mine');
    };
    assert.throws(() => get({ port: site.port, agent }), RangeError);
    delete agent.reuseSocket;
    await Promise.all([1, 2].map(() => answer(get({ port: site.port, agent }))));
    await answer(get({ port: site.port, agent }));
    assert.equal(site.requests, 4);
    assert.equal(site.connections, 2);
  });
});

describe('http.Agent.prototype.getName, replaced', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const { getName } = http.Agent.prototype;
  afterEach(() => {
    http.Agent.prototype.getName = getName;
  });

  it('sees all options and separates the pools', async () => {
    const site = await serve();
    const seen = new Set();
    http.Agent.prototype.getName = function (options) {
      seen.add(options.tenant);
      return `${getName.call(this, options)}${options.tenant}`;
    };
    const agent = agentWith({ keepAlive: true });
    const ask = async (tenant) => (await answer(get({ port: site.port, tenant, agent }))).socket;
    const a = await ask('a');
    const b = await ask('b');
    assert.notEqual(a, b);
    assert.equal(await ask('a'), a);
    assert.equal(await ask('b'), b);
    assert.deepEqual([...seen], ['a', 'b']);
    assert.deepEqual(
      Object.keys(agent.freeSockets).sort(),
      ['a', 'b'].map((tenant) => `127.0.0.1:${site.port}:${tenant}`),
    );
    assert.equal(site.connections, 2);
  });
});

describe('Agent maxFreeSockets, written later', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const value of [undefined, Number.NaN]) {
    it(`as ${value} keeps every connection`, async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxFreeSockets: 1 });
      agent.maxFreeSockets = value;
      const answers = [1, 2, 3].map(() => answer(get({ port: site.port, agent })));
      const held = [await site.next(), await site.next(), await site.next()];
      for (const { res } of held) res.end();
      await Promise.all(answers);
      assert.equal(total(agent.freeSockets), 3);
      assert.equal(agent.totalSocketCount, 3);
    });
  }
});
