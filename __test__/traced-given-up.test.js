'use strict';

// A request that is given up as soon as its connection stands, under a tracer, hears of its end in
// the context of the connecting, as with Node's agent.

const assert = require('node:assert/strict');
const { stock } = require('./support/agent');
const { result, run } = require('./support/child');
const { closeServers, serveHeld } = require('./support/server');

describe('a request given up under a tracer', () => {
  afterEach(closeServers);

  (stock ? it.skip : it)('hears of its end in the context of the connecting', async () => {
    const { port } = await serveHeld();
    const seen = async (whose) => result(await run('traced-given-up.js', [whose, port]));
    const node = await seen('node');
    assert.deepEqual(node, { error: 'the connecting', close: 'the connecting' });
    assert.deepEqual(await seen('oxagent'), node);
  });
});
