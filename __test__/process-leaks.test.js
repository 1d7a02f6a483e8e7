'use strict';

// What many requests leave behind: nothing.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');

async function leaks(what) {
  const server = await httpServer((req, res) => {
    if (req.url === '/reset') req.socket.resetAndDestroy();
    else res.end('ok');
  });
  return { server, seen: result(await run('leaks.js', [what, server.port])) };
}

describe('many requests', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  it('without keep-alive leave no descriptor open', async () => {
    const { server, seen } = await leaks('descriptors');
    assert.ok(seen.after <= seen.before, `${seen.before} before, ${seen.after} after`);
    assert.equal(seen.sockets, 0);
    assert.deepEqual(seen.warnings, []);
    assert.equal(server.connections, 1020);
  });

  it('of agents that are destroyed leave no descriptor open', async () => {
    const { seen } = await leaks('destroyed');
    assert.ok(seen.after <= seen.before, `${seen.before} before, ${seen.after} after`);
    assert.deepEqual(seen.warnings, []);
  });

  it('over kept sockets add no listeners', async () => {
    const { server, seen } = await leaks('listeners');
    assert.deepEqual(seen, { same: true, parked: 20, agent: 1, warnings: [] });
    assert.equal(server.connections, 20);
  });
});
