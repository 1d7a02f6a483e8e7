'use strict';

// Bodies large enough to be lent to the I/O thread instead of copied, many at once: each must be
// acknowledged, and each must arrive.

const assert = require('node:assert/strict');
const { agentWith, answer, dispose, request, total } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const COUNT = 3000;
const SIZE = 40 * 1024;
const CONNECTIONS = 100;

describe('thousands of lent bodies', function () {
  this.timeout(60_000);
  afterEach(dispose);
  afterEach(closeServers);

  it(`of ${SIZE} bytes all arrive over ${CONNECTIONS} connections`, async () => {
    const lengths = new Map();
    const site = await serve((req, res) => {
      let length = 0;
      req.on('data', (chunk) => {
        length += chunk.length;
      });
      req.on('end', () => {
        lengths.set(req.url, length);
        res.end(req.url);
      });
    });
    const agent = agentWith({ keepAlive: true, maxSockets: CONNECTIONS });
    const payload = Buffer.alloc(SIZE, 'x');
    const asked = Array.from({ length: COUNT }, async (_, i) => {
      const path = `/${i}`;
      const req = request({ port: site.port, method: 'POST', path, agent });
      req.end(payload);
      assert.equal((await answer(req)).body, path);
    });
    await Promise.all(asked);
    assert.equal(lengths.size, COUNT);
    assert.ok([...lengths.values()].every((length) => length === SIZE));
    assert.equal(site.connections, CONNECTIONS);
    assert.equal(total(agent.freeSockets), CONNECTIONS);
  });
});
