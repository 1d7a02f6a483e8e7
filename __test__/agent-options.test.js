'use strict';

const assert = require('node:assert/strict');
const { Agent, since } = require('./support/agent');

describe('Agent options', () => {
  it('have the defaults of http.Agent', () => {
    const agent = new Agent();
    assert.equal(agent.keepAlive, false);
    assert.equal(agent.keepAliveMsecs, 1000);
    assert.equal(agent.maxSockets, Infinity);
    assert.equal(agent.maxTotalSockets, Infinity);
    assert.equal(agent.maxFreeSockets, 256);
    assert.equal(agent.scheduling, 'lifo');
    assert.equal(agent.defaultPort, 80);
    assert.equal(agent.protocol, 'http:');
    assert.equal(agent.totalSocketCount, 0);
  });

  it('become properties of the same name', () => {
    const options = {
      keepAlive: true,
      keepAliveMsecs: 2500,
      maxSockets: 3,
      maxTotalSockets: 7,
      maxFreeSockets: 2,
      scheduling: 'fifo',
    };
    const agent = new Agent(options);
    for (const [name, value] of Object.entries(options)) assert.equal(agent[name], value, name);
  });

  since(22)('set defaultPort and protocol', () => {
    const agent = new Agent({ defaultPort: 8080, protocol: 'https:' });
    assert.equal(agent.defaultPort, 8080);
    assert.equal(agent.protocol, 'https:');
  });

  since(22)('take a finite, non-negative agentKeepAliveTimeoutBuffer, else 1000', () => {
    const buffer = (value) =>
      new Agent({ agentKeepAliveTimeoutBuffer: value }).agentKeepAliveTimeoutBuffer;
    assert.equal(buffer(1500), 1500);
    assert.equal(buffer(0), 0);
    for (const value of [undefined, -1, NaN, Infinity, '500', null]) {
      assert.equal(buffer(value), 1000, String(value));
    }
  });

  it('treat zero as not given', () => {
    const agent = new Agent({ maxSockets: 0, maxFreeSockets: 0, keepAliveMsecs: 0 });
    assert.equal(agent.maxSockets, Infinity);
    assert.equal(agent.maxFreeSockets, 256);
    assert.equal(agent.keepAliveMsecs, 1000);
  });

  it('are copied to a null-prototype object', () => {
    const options = { keepAlive: true, localAddress: '127.0.0.2', mine: 1 };
    const agent = new Agent(options);
    assert.notEqual(agent.options, options);
    assert.equal(Object.getPrototypeOf(agent.options), null);
    assert.equal(agent.options.keepAlive, true);
    assert.equal(agent.options.localAddress, '127.0.0.2');
    assert.equal(agent.options.mine, 1);
    assert.deepEqual(Object.keys(options), ['keepAlive', 'localAddress', 'mine']);
  });

  it('turn noDelay on unless told otherwise, and blank path', () => {
    assert.equal(new Agent().options.noDelay, true);
    assert.equal(new Agent({ noDelay: false }).options.noDelay, false);
    assert.equal(new Agent({ path: '/tmp/x' }).options.path, null);
  });
});
