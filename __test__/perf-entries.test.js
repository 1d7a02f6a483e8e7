'use strict';

// What perf_hooks and diagnostics channels tell of connections and lookups: as of Node's own.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');
const { freshPath } = require('./support/unix-path');
const { serveTls } = require('./support/tls-server');

async function watched() {
  const path = freshPath();
  const ports = [
    (await httpServer((_, res) => res.end())).port,
    (await serveTls({}, (_, res) => res.end())).port,
  ];
  await httpServer((_, res) => res.end(), path);
  const [node, own] = await Promise.all(
    ['node', 'oxagent'].map((which) => run('perf-entries.js', [which, ...ports, path])),
  );
  return { node: result(node), own: result(own), port: ports[0] };
}

describe('an observer of perf_hooks', () => {
  afterEach(cleanUp);

  it('gets the entries of connections and lookups that Node makes of its own', async () => {
    const { node, own, port } = await watched();
    assert.deepEqual(own.seen, node.seen);
    assert.deepEqual(own.seen[0], [
      { entryType: 'net', name: 'connect', detail: { host: '127.0.0.1', port } },
    ]);
    // A name: its lookup, and the connection.
    assert.deepEqual(
      own.seen[6].map(({ entryType }) => entryType),
      ['dns', 'net'],
    );
    assert.deepEqual(own.told, node.told);
  });
});
