'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const util = require('node:util');
const {
  Agent,
  HttpsAgent,
  answer,
  differs,
  dispose,
  getSecure,
  since,
  tracked,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('HttpsAgent construction', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('works without new', () => {
    const agent = HttpsAgent({ keepAlive: true, maxSockets: 4 });
    assert.ok(agent instanceof HttpsAgent);
    assert.equal(agent.keepAlive, true);
    assert.equal(agent.maxSockets, 4);
    assert.equal(agent.defaultPort, 443);
  });

  it('works without options', () => {
    for (const agent of [
      new HttpsAgent(),
      HttpsAgent(),
      new HttpsAgent(undefined),
      new HttpsAgent(null),
    ]) {
      assert.ok(agent instanceof HttpsAgent);
      assert.equal(agent.protocol, 'https:');
    }
  });

  it("is an instance of Node's agents, of oxagent's Agent and of EventEmitter", () => {
    const agent = new HttpsAgent();
    for (const parent of [HttpsAgent, https.Agent, http.Agent, Agent, EventEmitter]) {
      assert.ok(agent instanceof parent, parent.name);
    }
    assert.equal(agent.constructor, HttpsAgent);
    assert.equal(Object.getPrototypeOf(agent), HttpsAgent.prototype);
  });

  it('is no instance of a class made from it, and an Agent is none of it', () => {
    class Mine extends HttpsAgent {}
    assert.ok(!(new HttpsAgent() instanceof Mine));
    assert.ok(!(new Agent() instanceof HttpsAgent));
    assert.ok(!(new Agent() instanceof https.Agent));
    for (const nothing of [{}, null, undefined, 1, Object.create(null)]) {
      assert.ok(!(nothing instanceof HttpsAgent));
    }
  });

  differs('it is the class itself')("Node's https.Agent is not taken for one", () => {
    assert.ok(!(new https.Agent() instanceof HttpsAgent));
    assert.ok(!(new https.Agent() instanceof Agent));
    assert.ok(new https.Agent() instanceof https.Agent);
  });

  it('has every method of https.Agent on its prototype', () => {
    for (const name of [
      '_cacheSession',
      '_evictSession',
      '_getSession',
      'addRequest',
      'createConnection',
      'createSocket',
      'destroy',
      'getName',
      'keepSocketAlive',
      'removeSocket',
      'reuseSocket',
    ]) {
      assert.equal(typeof HttpsAgent.prototype[name], 'function', name);
      assert.equal(new HttpsAgent()[name], HttpsAgent.prototype[name], name);
    }
  });

  it('owns no method, as those who compare with the prototype expect', () => {
    const agent = new HttpsAgent();
    for (const name of ['createConnection', 'addRequest', 'getName', '_getSession']) {
      assert.ok(!Object.hasOwn(agent, name), name);
    }
  });

  it('lets the methods be found by for-in, as wrappers do', () => {
    const seen = new Set();
    for (const name in new HttpsAgent()) seen.add(name);
    for (const name of ['addRequest', 'createConnection', 'getName', 'options', 'sockets']) {
      assert.ok(seen.has(name), name);
    }
  });

  it('has the defaults of https.Agent', () => {
    const agent = new HttpsAgent();
    assert.equal(agent.defaultPort, 443);
    assert.equal(agent.protocol, 'https:');
    assert.equal(agent.maxCachedSessions, 100);
    assert.equal(agent.keepAlive, false);
    assert.equal(agent.maxSockets, Infinity);
    assert.equal(agent.maxTotalSockets, Infinity);
    assert.equal(agent.maxFreeSockets, 256);
    assert.equal(agent.scheduling, 'lifo');
    assert.deepEqual(agent._sessionCache, { map: {}, list: [] });
  });

  since(22)('takes defaultPort and protocol', () => {
    const agent = new HttpsAgent({ defaultPort: 8443, protocol: 'http:' });
    assert.equal(agent.defaultPort, 8443);
    assert.equal(agent.protocol, 'http:');
  });

  it('takes maxCachedSessions as it is', () => {
    for (const value of [0, 1, 7, null, Infinity]) {
      assert.equal(new HttpsAgent({ maxCachedSessions: value }).maxCachedSessions, value);
    }
    assert.equal(new HttpsAgent({ maxCachedSessions: undefined }).maxCachedSessions, 100);
  });

  it('copies its options, TLS ones too, to a null-prototype object', () => {
    const options = { keepAlive: true, ca: ['a'], minVersion: 'TLSv1.2', mine: 1 };
    const before = { ...options };
    const agent = new HttpsAgent(options);
    assert.deepEqual(options, before);
    assert.notEqual(agent.options, options);
    assert.equal(Object.getPrototypeOf(agent.options), null);
    for (const key of Object.keys(options)) assert.equal(agent.options[key], options[key], key);
    assert.equal(agent.options.path, null);
    assert.equal(agent.options.noDelay, true);
    options.minVersion = 'TLSv1.3';
    assert.equal(agent.options.minVersion, 'TLSv1.2');
  });

  it('refuses what http.Agent refuses', () => {
    assert.throws(() => new HttpsAgent({ scheduling: 'random' }), {
      code: 'ERR_INVALID_ARG_VALUE',
    });
    assert.throws(() => new HttpsAgent({ maxTotalSockets: 'many' }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    assert.throws(() => new HttpsAgent({ maxTotalSockets: 0 }), { code: 'ERR_OUT_OF_RANGE' });
  });

  it('throws at the request, not before, for options that OpenSSL refuses', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = tracked(new HttpsAgent({ ca: root.pem, minVersion: 'TLSv9' }));
    assert.throws(() => getSecure({ port: site.port, agent }), {
      code: 'ERR_TLS_INVALID_PROTOCOL_VERSION',
    });
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(site.connections, 0);
  });

  it('serves a class that extends it', async () => {
    const site = await serveTls();
    const { root } = await pki();
    class Mine extends HttpsAgent {
      constructor(options) {
        super({ ...options, keepAlive: true });
        this.mine = true;
      }
    }
    const agent = tracked(new Mine({ ca: root.pem, maxSockets: 2 }));
    assert.ok(agent instanceof Mine && agent instanceof HttpsAgent);
    assert.ok(agent instanceof https.Agent && agent instanceof http.Agent);
    assert.equal(agent.mine, true);
    assert.equal(agent.maxSockets, 2);
    await answer(getSecure({ port: site.port, agent }));
    await answer(getSecure({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('serves a constructor made with util.inherits', async () => {
    const site = await serveTls();
    const { root } = await pki();
    function Old(options) {
      HttpsAgent.call(this, options);
      this.old = true;
    }
    util.inherits(Old, HttpsAgent);
    const agent = tracked(new Old({ keepAlive: true, ca: root.pem, maxSockets: 5 }));
    assert.ok(agent instanceof Old && agent instanceof HttpsAgent);
    assert.ok(agent instanceof https.Agent && agent instanceof http.Agent);
    assert.equal(agent.old, true);
    assert.equal(agent.maxSockets, 5);
    await answer(getSecure({ port: site.port, agent }));
    await answer(getSecure({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('keeps two agents apart', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agents = [1, 2].map(() => tracked(new HttpsAgent({ keepAlive: true, ca: root.pem })));
    for (const agent of agents) await answer(getSecure({ port: site.port, agent }));
    assert.equal(site.connections, 2);
    assert.deepEqual(
      agents.map((agent) => agent.totalSocketCount),
      [1, 1],
    );
  });

  it('refuses a request for http:', () => {
    const agent = new HttpsAgent();
    assert.throws(() => http.get({ host: '127.0.0.1', port: 1, agent }), {
      code: 'ERR_INVALID_PROTOCOL',
      message: 'Protocol "http:" not supported. Expected "https:"',
    });
  });

  it('takes an https: request of http.request', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = tracked(new HttpsAgent({ ca: root.pem, servername: 'localhost' }));
    const req = http.get({ protocol: 'https:', host: '127.0.0.1', port: site.port, agent });
    assert.equal((await answer(req)).body, '1');
    assert.equal(site.handshakes, 1);
  });
});
