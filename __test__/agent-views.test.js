'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const util = require('node:util');
const {
  agentWith,
  answer,
  closed,
  counts,
  dispose,
  failure,
  get,
  total,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const names = ['sockets', 'freeSockets', 'requests'];
const empty = { __proto__: null };

describe('Agent views', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('are empty null-prototype objects at first', () => {
    const agent = agentWith();
    for (const name of names) {
      assert.equal(typeof agent[name], 'object');
      assert.equal(Object.getPrototypeOf(agent[name]), null);
      assert.deepEqual(agent[name], empty);
      assert.deepEqual({ ...agent[name] }, {});
      assert.equal(JSON.stringify(agent[name]), '{}');
      assert.equal(util.inspect(agent[name]), '[Object: null prototype] {}');
    }
  });

  it('show a request in the same tick', async () => {
    const site = await serve();
    const agent = agentWith({ maxSockets: 1 });
    const key = `127.0.0.1:${site.port}:`;
    const first = get({ port: site.port, agent });
    assert.deepEqual(counts(agent.sockets), { [key]: 1 });
    assert.deepEqual(agent.requests, empty);
    const second = get({ port: site.port, agent });
    assert.deepEqual(counts(agent.sockets), { [key]: 1 });
    assert.equal(agent.requests[key].length, 1);
    assert.equal(agent.requests[key][0], second);
    assert.equal(agent.totalSocketCount, 1);
    await Promise.all([answer(first), answer(second)]);
    assert.equal(site.connections, 1);
  });

  it('hold the very sockets of the requests', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    const [key] = Object.keys(agent.sockets);
    const [listed] = agent.sockets[key];
    const [socket] = await once(req, 'socket');
    assert.equal(listed, socket);
    await answer(req);
    assert.equal(agent.freeSockets[key][0], socket);
    assert.equal(agent.freeSockets[key].length, 1);
    assert.deepEqual(agent.sockets, empty);
  });

  it('follow a request from queue to socket to rest', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const { sockets, freeSockets, requests } = agent;
    const first = answer(get({ port: site.port, agent }));
    const second = answer(get({ port: site.port, agent }));
    const state = () => [total(sockets), total(freeSockets), total(requests)];
    assert.deepEqual(state(), [1, 0, 1]);
    (await site.next()).res.end();
    await first;
    assert.deepEqual(state(), [1, 0, 0]);
    (await site.next()).res.end();
    await second;
    assert.deepEqual(state(), [0, 1, 0]);
    const third = answer(get({ port: site.port, agent }));
    assert.deepEqual(state(), [1, 0, 0]);
    (await site.next()).res.end();
    await third;
    const closed = once(freeSockets[Object.keys(freeSockets)[0]][0], 'close');
    agent.destroy();
    await closed;
    assert.deepEqual(state(), [0, 0, 0]);
    assert.equal(site.connections, 1);
  });

  it('are the same objects from first to last', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const held = names.map((name) => agent[name]);
    await answer(get({ port: site.port, agent }));
    names.forEach((name, i) => {
      assert.equal(agent[name], held[i]);
    });
  });

  it('hand out lists that stay live', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const one = answer(get({ port: site.port, agent }));
    const [key] = Object.keys(agent.sockets);
    const list = agent.sockets[key];
    assert.ok(Array.isArray(list));
    assert.equal(list.length, 1);
    const two = answer(get({ port: site.port, agent }));
    assert.equal(list.length, 2);
    (await site.next()).res.end();
    (await site.next()).res.end();
    await Promise.all([one, two]);
    assert.equal(list.length, 0);
  });

  it('have their keys found by every means', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const key = `127.0.0.1:${site.port}:`;
    const reqs = [get({ port: site.port, agent }), get({ port: site.port, agent })];
    for (const name of ['sockets', 'requests']) {
      const view = agent[name];
      assert.deepEqual(Object.keys(view), [key]);
      assert.deepEqual(Reflect.ownKeys(view), [key]);
      assert.deepEqual(Object.getOwnPropertyNames(view), [key]);
      assert.equal(Object.entries(view)[0][0], key);
      assert.equal(Object.values(view)[0].length, 1);
      assert.ok(key in view);
      assert.ok(!('other:1:' in view));
      assert.ok(Object.hasOwn(view, key));
      assert.equal(view['other:1:'], undefined);
      assert.ok(Object.getOwnPropertyDescriptor(view, key).enumerable);
      const seen = [];
      for (const found in view) seen.push(found);
      assert.deepEqual(seen, [key]);
      const lengths = (_, value) => (Array.isArray(value) ? value.length : value);
      assert.equal(JSON.stringify(view, lengths), `{"${key}":1}`);
      assert.ok(util.inspect(view, { depth: 0 }).includes(`'${key}'`));
    }
    await Promise.all(reqs.map(answer));
    assert.deepEqual(Object.keys(agent.freeSockets), [key]);
    assert.ok(util.inspect(agent.freeSockets, { depth: 0 }).includes(`'${key}'`));
  });

  it('let an agent be inspected', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, agent }));
    const shown = util.inspect(agent, { depth: 1 });
    for (const name of [...names, 'maxSockets', 'totalSocketCount']) {
      assert.ok(shown.includes(`${name}:`), name);
    }
    assert.ok(shown.includes(`127.0.0.1:${site.port}:`));
  });

  it('are own properties of the agent', () => {
    const agent = agentWith();
    for (const name of names) assert.ok(Object.keys(agent).includes(name), name);
  });

  it('list origins apart', async () => {
    const one = await serve();
    const two = await serve();
    const agent = agentWith({ keepAlive: true });
    const reqs = [
      get({ port: one.port, agent }),
      get({ port: two.port, agent }),
      get({ port: two.port, agent }),
    ];
    assert.deepEqual(counts(agent.sockets), {
      [`127.0.0.1:${one.port}:`]: 1,
      [`127.0.0.1:${two.port}:`]: 2,
    });
    assert.equal(agent.totalSocketCount, 3);
    await Promise.all(reqs.map(answer));
  });

  it('leave no key behind an origin that is done', async () => {
    const site = await serve();
    const agent = agentWith({ maxSockets: 1 });
    const reqs = [1, 2, 3].map(() => get({ port: site.port, agent }));
    const { socket } = await answer(reqs.at(-1));
    await closed(socket);
    for (const name of names) assert.deepEqual(agent[name], empty, name);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('count a socket until it has closed', async () => {
    const site = await serveHeld();
    const agent = agentWith();
    const failed = failure(get({ port: site.port, agent }));
    const { req } = await site.next();
    assert.equal(agent.totalSocketCount, 1);
    req.socket.destroy();
    await failed;
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(agent.sockets, empty);
  });
});
