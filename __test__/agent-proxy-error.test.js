'use strict';

// An error with the code of Node's own proxy tunnels, as proxy agents give it.

const assert = require('node:assert/strict');
const net = require('node:net');
const { agentWith, answer, dispose, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

function ending(req) {
  const events = [];
  req.on('error', (error) => events.push(error));
  return new Promise((resolve) => {
    req.on('close', () => {
      events.push('close');
      // Whatever else would come, comes by then.
      setImmediate(resolve, events);
    });
  });
}

describe('Agent createConnection that fails with ERR_PROXY_TUNNEL', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const later of [false, true]) {
    it(`gives one error and one close, ${later ? 'later' : 'at once'}`, async () => {
      const agent = agentWith({ keepAlive: true });
      const own = Object.assign(new Error('no tunnel'), { code: 'ERR_PROXY_TUNNEL' });
      agent.createConnection = (_options, callback) => {
        if (later) setImmediate(callback, own);
        else process.nextTick(callback, own);
      };
      assert.deepEqual(await ending(get({ port: 1, agent })), [own, 'close']);
      assert.equal(agent.totalSocketCount, 0);
    });
  }

  it('gives them to a queued request too, and the next goes on', async () => {
    const site = await serve((_req, res) => res.setHeader('connection', 'close').end());
    const agent = agentWith({ maxSockets: 1 });
    const own = Object.assign(new Error('no tunnel'), { code: 'ERR_PROXY_TUNNEL' });
    let calls = 0;
    agent.createConnection = (options, callback) => {
      if (++calls === 2) process.nextTick(callback, own);
      else return net.connect(options);
    };
    const first = answer(get({ port: site.port, agent }));
    const second = ending(get({ port: site.port, agent }));
    await first;
    assert.deepEqual(await second, [own, 'close']);
    await answer(get({ port: site.port, agent }));
    assert.equal(site.requests, 2);
  });
});
