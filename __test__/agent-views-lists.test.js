'use strict';

// The lists of an agent's views are arrays that a program may keep, index and edit: what an array
// costs linear time costs no more here.

const assert = require('node:assert/strict');
const { Duplex } = require('node:stream');
const util = require('node:util');
const lodash = require('lodash');
const { Pool } = require('../lib/bridge/addon');
const { agentWith, answer, differs, dispose, get } = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const MANY = 4000;

function idleSocket() {
  return new Duplex({
    read() {},
    write(_chunk, _encoding, callback) {
      callback();
    },
  });
}

/** An agent with many idle sockets under one name, and these sockets. */
function agentWithMany() {
  const agent = agentWith({ keepAlive: true, maxFreeSockets: Infinity });
  const sockets = Array.from({ length: MANY }, idleSocket);
  agent.freeSockets.many = [...sockets];
  // All that was written has been taken up.
  assert.equal(typeof agent.totalSocketCount, 'number');
  return { agent, sockets, list: agent.freeSockets.many };
}

/** How often the native pool is asked while `action` runs. */
function asked(action) {
  const methods = ['counts', 'active', 'idle', 'waiters'];
  const originals = methods.map((name) => Pool.prototype[name]);
  let calls = 0;
  methods.forEach((name, i) => {
    Pool.prototype[name] = function counted(...args) {
      calls++;
      return originals[i].apply(this, args);
    };
  });
  try {
    action();
  } finally {
    methods.forEach((name, i) => {
      Pool.prototype[name] = originals[i];
    });
  }
  return calls;
}

describe('Lists of agent views', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('are one object while the origin has them', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const name = `127.0.0.1:${site.port}:`;
    const answers = [1, 2, 3, 4].map(() => answer(get({ port: site.port, agent })));
    const { [name]: sockets } = agent.sockets;
    const { [name]: requests } = agent.requests;
    assert.equal(agent.sockets[name], sockets);
    assert.equal(agent.requests[name], requests);
    assert.equal(Object.values(agent.sockets)[0], sockets);
    for (let i = 0; i < 3; i++) (await site.next()).res.end();
    await answers[0];
    assert.equal(agent.sockets[name], sockets);
    (await site.next()).res.end();
    await Promise.all(answers);
    const { [name]: free } = agent.freeSockets;
    assert.equal(free.length, 2);
    assert.equal(agent.freeSockets[name], free);
    assert.notEqual(agent.freeSockets[name], sockets);
    assert.equal(requests.length, 0);
  });

  it('of an origin that is gone are empty and stay so', async () => {
    const site = await serveHeld();
    const agent = agentWith();
    const name = `127.0.0.1:${site.port}:`;
    const first = answer(get({ port: site.port, agent }));
    const list = agent.sockets[name];
    (await site.next()).res.end();
    await first;
    assert.deepEqual(list, []);
    const second = answer(get({ port: site.port, agent }));
    assert.equal(agent.sockets[name].length, 1);
    assert.equal(list.length, 0);
    (await site.next()).res.end();
    await second;
  });

  const readers = {
    'an index loop': (list) => {
      for (let i = 0; i < list.length; i++) assert.ok(list[i]);
    },
    'an index loop by the view': (list, agent) => {
      for (let i = 0; i < list.length; i++) assert.ok(agent.freeSockets.many[i]);
    },
    'for of': (list) => {
      for (const socket of list) assert.ok(socket);
    },
    indexOf: (list, _, sockets) => assert.equal(list.indexOf(sockets.at(-1)), MANY - 1),
    includes: (list) => assert.ok(!list.includes(null)),
    forEach: (list) => list.forEach((socket) => assert.ok(socket)),
    JSON: (list) => JSON.stringify(list, (_, value) => (Array.isArray(value) ? value : 0)),
    inspect: (list) => util.inspect(list, { depth: 0, maxArrayLength: Infinity }),
    'lodash.filter': (list) => assert.equal(lodash.filter(list).length, MANY),
    'Object.entries': (list) => assert.equal(Object.entries(list).length, MANY),
  };
  for (const [way, read] of Object.entries(readers)) {
    it(`are read anew once, not for each entry: ${way}`, () => {
      const { agent, sockets, list } = agentWithMany();
      const calls = asked(() => read(list, agent, sockets));
      assert.ok(calls <= 2, `${calls} calls`);
    });
  }

  const writers = {
    pop: (list) => {
      while (list.length > 0) list.pop();
    },
    shift: (list) => {
      while (list.length > 0) list.shift();
    },
    splice: (list) => {
      while (list.length > 0) list.splice(0, 1);
    },
    'an index': (list) => {
      for (let i = 0; i < MANY; i++) list[i] = idleSocket();
    },
    push: (list) => {
      for (let i = 0; i < MANY; i++) list.push(idleSocket());
    },
  };
  for (const [way, write] of Object.entries(writers)) {
    it(`are told to the pool as a whole: ${way}`, () => {
      const { agent, list } = agentWithMany();
      const calls = asked(() => {
        write(list);
        assert.equal(typeof agent.totalSocketCount, 'number');
      });
      assert.ok(calls <= 6, `${calls} calls`);
    });
  }

  it('have all methods of arrays, also by Array.prototype and lodash', () => {
    const agent = agentWith({ keepAlive: true });
    const sockets = Array.from({ length: 6 }, idleSocket);
    const fresh = () => {
      agent.freeSockets.name = [...sockets];
      return agent.freeSockets.name;
    };
    const [a, b, c, d, e, f] = sockets;
    assert.deepEqual(Array.prototype.splice.call(fresh(), 1, 2), [b, c]);
    assert.deepEqual([...agent.freeSockets.name], [a, d, e, f]);
    lodash.pull(fresh(), b);
    assert.deepEqual([...agent.freeSockets.name], [a, c, d, e, f]);
    assert.deepEqual(
      lodash.remove(fresh(), (socket) => socket === a || socket === f),
      [a, f],
    );
    assert.deepEqual([...agent.freeSockets.name], [b, c, d, e]);
    assert.deepEqual(fresh().reverse(), [f, e, d, c, b, a]);
    assert.deepEqual(Array.prototype.reverse.call(fresh()), [f, e, d, c, b, a]);
    assert.deepEqual(fresh().copyWithin(0, 4), [e, f, c, d, e, f]);
    assert.ok(lodash.isEqual(lodash.clone(fresh()), sockets));
    assert.ok(util.isDeepStrictEqual(fresh(), sockets));
    assert.deepEqual(Reflect.ownKeys(fresh()).length, 7);
    for (const socket of sockets) assert.ok(!socket.destroyed);
    agent.destroy();
    for (const socket of sockets) assert.ok(socket.destroyed);
  });

  it('keep an entry that is moved within the tick', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const name = `127.0.0.1:${site.port}:`;
    const { socket } = await answer(get({ port: site.port, agent }));
    const list = agent.freeSockets[name];
    list.push(list.shift());
    assert.equal((await answer(get({ port: site.port, agent }))).socket, socket);
    assert.equal(site.connections, 1);
  });

  it('show what is there when they are printed, however old they are', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const first = answer(get({ port: site.port, agent }));
    const list = Object.values(agent.sockets)[0];
    assert.match(util.inspect(list, { depth: -1 }), /Array/);
    const second = answer(get({ port: site.port, agent }));
    assert.equal(util.inspect(list, { depth: 0 }).match(/Socket/g).length, 2);
    (await site.next()).res.end();
    (await site.next()).res.end();
    await Promise.all([first, second]);
  });

  it('let many queued requests be withdrawn at once', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const name = `127.0.0.1:${site.port}:`;
    const first = answer(get({ port: site.port, agent }));
    for (let i = 0; i < 500; i++) get({ port: site.port, agent });
    const calls = asked(() => {
      agent.requests[name].length = 0;
      delete agent.requests[name];
      assert.equal(agent.totalSocketCount, 1);
    });
    assert.ok(calls <= 6, `${calls} calls`);
    (await site.next()).res.end();
    await first;
    assert.equal(site.requests, 1);
  });

  differs('its array serves nobody by itself')(
    'a request that is put in the queue again is served',
    async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const name = `127.0.0.1:${site.port}:`;
      const first = answer(get({ port: site.port, agent }));
      const second = get({ port: site.port, agent });
      const taken = agent.requests[name].pop();
      assert.equal(taken, second);
      assert.equal(agent.totalSocketCount, 1);
      assert.deepEqual(Object.keys(agent.requests), []);
      agent.requests[name] = [taken];
      const served = answer(second);
      (await site.next()).res.end();
      (await site.next()).res.end();
      await Promise.all([first, served]);
      assert.equal(site.connections, 1);
    },
  );
});
