'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const {
  Agent,
  agentWith,
  answer,
  closed,
  dispose,
  get,
  total,
  tracked,
} = require('./support/agent');
const { closeServers, serve } = require('./support/server');

describe('Agent as http.globalAgent', () => {
  const before = http.globalAgent;
  afterEach(() => {
    http.globalAgent = before;
  });
  afterEach(dispose);
  afterEach(closeServers);

  it('serves requests that name no agent', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    http.globalAgent = agent;
    for (const given of [undefined, null]) {
      const req = get({ port: site.port, agent: given });
      assert.equal(req.agent, agent);
      await answer(req);
    }
    assert.equal(site.connections, 1);
    assert.equal(total(agent.freeSockets), 1);
  });

  it('gives its defaultPort and protocol to such requests', async () => {
    const site = await serve((req, res) => res.end(req.headers.host));
    const agent = agentWith();
    agent.defaultPort = site.port;
    http.globalAgent = agent;
    assert.equal((await answer(get({}))).body, '127.0.0.1');
    assert.throws(() => get({ protocol: 'https:' }), { code: 'ERR_INVALID_PROTOCOL' });
  });

  it('with agent: false each request has an agent of that class to itself', async () => {
    const site = await serve();
    const made = [];
    class Mine extends Agent {
      constructor(...args) {
        super(...args);
        made.push(this);
      }
    }
    const agent = tracked(new Mine({ keepAlive: true }));
    http.globalAgent = agent;
    const reqs = [1, 2].map(() => get({ port: site.port, agent: false }));
    assert.equal(made.length, 3);
    for (const [i, req] of reqs.entries()) {
      assert.equal(req.agent, made[i + 1]);
      assert.equal(req.agent.keepAlive, false);
    }
    for (const { socket } of await Promise.all(reqs.map(answer))) await closed(socket);
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('agent: false works without it', async () => {
    const site = await serve();
    const { socket } = await answer(get({ port: site.port, agent: false }));
    await closed(socket);
    assert.equal(site.connections, 1);
  });

  it('a request with createConnection of its own has no agent', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    http.globalAgent = agent;
    const createConnection = (options) => require('node:net').connect(options);
    const req = get({ port: site.port, createConnection });
    assert.equal(req.agent, undefined);
    await answer(req);
    assert.equal(agent.totalSocketCount, 0);
  });
});
