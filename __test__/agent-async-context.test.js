'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { agentWith, differs, dispose, get, total } = require('./support/agent');
const { closeServers, refusedPort, serve } = require('./support/server');

const store = new AsyncLocalStorage();
const happy = ['socket', 'finish', 'response', 'data', 'end', 'close'];

/** Sends a request in a context of its own and tells in which context each event ran. */
function traced(id, options) {
  const seen = {};
  const note = (name) => {
    seen[name] = store.getStore();
  };
  return store.run(id, () => {
    const req = get(options);
    for (const name of ['socket', 'finish', 'response', 'error']) req.on(name, () => note(name));
    req.on('response', (res) => {
      res.on('data', () => note('data'));
      res.on('end', () => note('end'));
    });
    return new Promise((resolve) => {
      req.on('close', () => {
        note('close');
        resolve(seen);
      });
    });
  });
}

const all = (names, id) => Object.fromEntries(names.map((name) => [name, id]));

describe('Agent and AsyncLocalStorage', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('a new connection runs in the context of its request', async () => {
    const site = await serve();
    const agent = agentWith();
    assert.deepEqual(await traced('a', { port: site.port, agent }), all(happy, 'a'));
  });

  it('a connection used again runs in the context of the request that has it', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    for (const id of ['a', 'b', 'c']) {
      assert.deepEqual(await traced(id, { port: site.port, agent }), all(happy, id));
    }
    assert.equal(site.connections, 1);
  });

  it('a queued request keeps the context it was queued in', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const ids = Array.from({ length: 12 }, (_, i) => `queued ${i}`);
    const seen = await Promise.all(ids.map((id) => traced(id, { port: site.port, agent })));
    ids.forEach((id, i) => {
      assert.deepEqual(seen[i], all(happy, id));
    });
    assert.equal(site.connections, 2);
  });

  for (const [title, can, names] of [
    ['the answer of a queued request', it, ['socket', 'response', 'data', 'end']],
    [
      'every event of a queued request',
      differs('the connection belongs to the context of the request before'),
      happy,
    ],
  ]) {
    can(`${title} keeps it over a new connection too`, async () => {
      const site = await serve((_req, res) => res.setHeader('connection', 'close').end('x'));
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const ids = ['a', 'b', 'c', 'd'];
      const seen = await Promise.all(ids.map((id) => traced(id, { port: site.port, agent })));
      ids.forEach((id, i) => {
        const chosen = Object.fromEntries(names.map((name) => [name, seen[i][name]]));
        assert.deepEqual(chosen, all(names, id));
      });
      assert.equal(site.connections, 4);
    });
  }

  it('an error runs in the context of its request', async () => {
    const port = await refusedPort();
    const seen = await traced('a', { port, agent: agentWith() });
    assert.equal(seen.error, 'a');
    assert.equal(seen.close, 'a');
  });

  differs('a queued request fails in the context of the one before')(
    'an error of a queued request runs in the context it was queued in',
    async () => {
      const port = await refusedPort();
      const agent = agentWith({ maxSockets: 1 });
      const ids = ['a', 'b', 'c'];
      const seen = await Promise.all(ids.map((id) => traced(id, { port, agent })));
      ids.forEach((id, i) => {
        assert.equal(seen[i].error, id);
        assert.equal(seen[i].close, id);
      });
    },
  );

  it('a lost connection used again fails in the context of the request that has it', async () => {
    const site = await serve((req, res) => {
      if (req.url === '/lose') req.socket.destroy();
      else res.end('x');
    });
    const agent = agentWith({ keepAlive: true });
    await traced('a', { port: site.port, agent });
    // A POST, so that no agent sends it again.
    const seen = await traced('b', { port: site.port, path: '/lose', method: 'POST', agent });
    assert.equal(seen.error, 'b');
    assert.equal(seen.close, 'b');
  });

  it('requests made in a listener keep the context of that listener', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const inner = await new Promise((resolve) => {
      store.run('outer', () => {
        get({ port: site.port, agent }).on('response', (res) => {
          res.resume();
          res.on('end', () => resolve(traced(store.getStore(), { port: site.port, agent })));
        });
      });
    });
    assert.deepEqual(inner, all(happy, 'outer'));
  });

  it('a timeout runs in the context of the request that has the connection', async () => {
    const held = [];
    const site = await serve((req, res) => {
      if (req.url === '/hold') held.push(res);
      else res.end();
    });
    const agent = agentWith({ keepAlive: true });
    await traced('a', { port: site.port, agent });
    const id = await new Promise((resolve) => {
      store.run('b', () => {
        const req = get({ port: site.port, path: '/hold', timeout: 30, agent });
        req.on('timeout', () => {
          resolve(store.getStore());
          req.destroy();
        });
        req.on('error', () => {});
      });
    });
    assert.equal(id, 'b');
  });

  it('a parked connection keeps no context', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    await traced('a', { port: site.port, agent });
    assert.equal(total(agent.freeSockets), 1);
    assert.deepEqual(await traced(undefined, { port: site.port, agent }), all(happy, undefined));
  });
});
