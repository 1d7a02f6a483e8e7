'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const http = require('node:http');
const util = require('node:util');
const { Agent, answer, dispose, get, tracked } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

describe('Agent construction', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('works without new', () => {
    const agent = Agent({ keepAlive: true, maxSockets: 4 });
    assert.ok(agent instanceof Agent);
    assert.equal(agent.keepAlive, true);
    assert.equal(agent.maxSockets, 4);
  });

  it('works without options', () => {
    assert.ok(new Agent() instanceof Agent);
    assert.ok(Agent() instanceof Agent);
    assert.ok(new Agent(undefined) instanceof Agent);
    assert.ok(new Agent(null) instanceof Agent);
  });

  it('gives an http.Agent and an EventEmitter', () => {
    const agent = new Agent();
    assert.ok(agent instanceof http.Agent);
    assert.ok(agent instanceof EventEmitter);
    assert.equal(agent.constructor, Agent);
    assert.equal(Agent.name, 'Agent');
  });

  it('has every method of http.Agent on its prototype', () => {
    for (const name of [
      'addRequest',
      'createConnection',
      'createSocket',
      'destroy',
      'getName',
      'keepSocketAlive',
      'removeSocket',
      'reuseSocket',
    ]) {
      assert.equal(typeof Agent.prototype[name], 'function', name);
    }
  });

  it('inherits them, as those who compare with the prototype expect', () => {
    const agent = new Agent();
    assert.equal(agent.createConnection, Agent.prototype.createConnection);
    assert.ok(!Object.hasOwn(agent, 'createConnection'));
    assert.ok(!Object.hasOwn(agent, 'addRequest'));
  });

  it('lets the methods be found by for-in, as wrappers do', () => {
    const seen = [];
    for (const name in new Agent()) seen.push(name);
    for (const name of ['addRequest', 'createConnection', 'getName', 'options', 'sockets']) {
      assert.ok(seen.includes(name), name);
    }
  });

  it('serves a class that extends it', async () => {
    const site = await serve();
    class Mine extends Agent {
      constructor(options) {
        super({ ...options, keepAlive: true });
        this.mine = true;
      }
    }
    const agent = tracked(new Mine({ maxSockets: 2 }));
    assert.ok(agent instanceof Mine && agent instanceof Agent && agent instanceof http.Agent);
    assert.equal(agent.maxSockets, 2);
    await answer(get({ port: site.port, agent }));
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('serves a constructor made with util.inherits', async () => {
    const site = await serve();
    function Old(options) {
      Agent.call(this, options);
      this.old = true;
    }
    util.inherits(Old, Agent);
    const agent = tracked(new Old({ keepAlive: true, maxSockets: 5 }));
    assert.ok(agent instanceof Old && agent instanceof Agent && agent instanceof http.Agent);
    assert.equal(agent.old, true);
    assert.equal(agent.maxSockets, 5);
    await answer(get({ port: site.port, agent }));
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('keeps two agents apart', async () => {
    const site = await serve();
    const one = tracked(new Agent({ keepAlive: true }));
    const two = tracked(new Agent({ keepAlive: true }));
    await answer(get({ port: site.port, agent: one }));
    await answer(get({ port: site.port, agent: two }));
    assert.equal(site.connections, 2);
    assert.equal(one.totalSocketCount, 1);
    assert.equal(two.totalSocketCount, 1);
  });

  describe('Agent.defaultMaxSockets', () => {
    const before = Agent.defaultMaxSockets;
    afterEach(() => {
      Agent.defaultMaxSockets = before;
    });

    it('is Infinity', () => {
      assert.equal(Agent.defaultMaxSockets, Infinity);
    });

    it('is read when an agent is made', () => {
      const early = new Agent();
      Agent.defaultMaxSockets = 3;
      assert.equal(new Agent().maxSockets, 3);
      assert.equal(new Agent({ maxSockets: 9 }).maxSockets, 9);
      assert.equal(early.maxSockets, Infinity);
    });
  });
});
