'use strict';

// A process whose permissions do not include the network, or no longer do.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');
const { serveTls } = require('./support/tls-server');
const { freshPath } = require('./support/unix-path');

const RESTRICTED = ['--permission', '--allow-addons', '--allow-fs-read=*', '--allow-worker'];
const knows = (flag) => process.allowedNodeEnvironmentFlags.has(flag);

async function ask(what, flags) {
  const server = await httpServer((_, res) => res.end());
  const secure = await serveTls({}, (_, res) => res.end());
  const path = freshPath();
  const local = await httpServer((_, res) => res.end(), path);
  const args = [server.port, secure.port, path, what];
  const outcomes = result(await run('permission.js', args, { execArgv: flags }));
  const connections = [server, secure, local].map((site) => site.connections);
  return { ...outcomes, connections };
}

(knows('--allow-net') ? describe : describe.skip)('a process that may not use the network', () => {
  afterEach(cleanUp);

  for (const what of ['program', 'worker']) {
    it(`reaches nobody, and hears it in Node's words: a ${what}`, async () => {
      const { node, own, connections } = await ask(what, RESTRICTED);
      assert.deepEqual(own, node);
      for (const { code } of own) assert.equal(code, 'ERR_ACCESS_DENIED');
      assert.deepEqual(connections, [0, 0, 0]);
    });
  }

  it('reaches all when it is allowed to', async () => {
    const { own } = await ask('program', [...RESTRICTED, '--allow-net']);
    assert.deepEqual(new Set(own), new Set([200, own[1]]));
  });

  it('keeps what it has when it gives the permission up', async () => {
    const { node, own, connections } = await ask('drop', [...RESTRICTED, '--allow-net']);
    assert.deepEqual(own, node);
    assert.deepEqual(own.slice(0, 2), [200, 200]);
    assert.equal(own[2].code, 'ERR_ACCESS_DENIED');
    assert.equal(connections[0], 2);
  });
});

(knows('--permission') && !knows('--allow-net') ? describe : describe.skip)(
  'a permission model that knows nothing of the network',
  () => {
    afterEach(cleanUp);

    it('forbids no connection', async () => {
      const { node, own } = await ask('program', RESTRICTED);
      assert.deepEqual(own, node);
      assert.equal(own[0], 200);
    });
  },
);
