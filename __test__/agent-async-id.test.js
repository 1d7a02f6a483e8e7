'use strict';

// Under which id async_hooks knows a socket: a new one for each request, none while it is idle.

const assert = require('node:assert/strict');
const { createHook } = require('node:async_hooks');
const net = require('node:net');
const { agentWith, answer, dispose, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const kAsyncId = Object.getOwnPropertySymbols(new net.Socket()).find(
  ({ description }) => description === 'async_id_symbol',
);

describe("a socket's async id", () => {
  const destroyed = new Set();
  const hook = createHook({ destroy: (id) => destroyed.add(id) });
  beforeEach(() => hook.enable());
  afterEach(() => {
    hook.disable();
    destroyed.clear();
  });
  afterEach(dispose);
  afterEach(closeServers);

  const sockets = [
    ['of the agent', undefined],
    ['that the program makes', (options) => net.connect(options)],
  ];
  for (const [whose, createConnection] of sockets) {
    it(`${whose} is each request's own, and ends when the next one begins`, async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true });
      if (createConnection) agent.createConnection = createConnection;
      const ids = [];
      for (let i = 0; i < 2; i++) {
        const req = get({ port: site.port, agent });
        req.on('response', ({ socket }) => ids.push(socket[kAsyncId]));
        const { socket } = await answer(req);
        assert.equal(socket[kAsyncId], -1);
      }
      assert.equal(site.connections, 1);
      const [first, second] = ids;
      assert.ok(first > 0, String(first));
      assert.ok(second > first, `${second} after ${first}`);
      await new Promise(setImmediate);
      assert.ok(destroyed.has(first));
      assert.ok(!destroyed.has(second));
    });

    it(`${whose} is new for a request that waited for it`, async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      if (createConnection) agent.createConnection = createConnection;
      const ids = [];
      const reqs = [1, 2].map(() => {
        const req = get({ port: site.port, agent });
        req.on('response', ({ socket }) => ids.push(socket[kAsyncId]));
        return answer(req);
      });
      await Promise.all(reqs);
      assert.equal(site.connections, 1);
      assert.ok(ids[1] > ids[0], String(ids));
    });
  }
});
