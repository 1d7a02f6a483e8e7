'use strict';

// Trace events of connections and lookups.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');
const { serveTls } = require('./support/tls-server');
const { freshPath } = require('./support/unix-path');

async function traced(which, categories, ports) {
  const file = path.join(path.dirname(freshPath()), 'trace.json');
  const execArgv = ['--trace-event-categories', categories, '--trace-event-file-pattern', file];
  const { code, stderr } = await run('traced.js', [which, ...ports], { execArgv });
  assert.equal(code, 0, stderr);
  return JSON.parse(fs.readFileSync(file, 'utf8'))
    .traceEvents.filter(({ cat }) => /\bnode\.(net|dns)\b/.test(cat))
    .map(({ cat, name, ph, args }) => ({ cat, name, ph, args }));
}

describe('trace events', () => {
  afterEach(cleanUp);

  for (const categories of ['node.net.native', 'node.dns', 'v8,node']) {
    it(`are those of Node's own connections: ${categories}`, async () => {
      const ports = [
        (await httpServer((_req, res) => res.end())).port,
        (await serveTls({}, (_req, res) => res.end())).port,
      ];
      const [node, own] = await Promise.all(
        ['node', 'oxagent'].map((which) => traced(which, categories, ports)),
      );
      assert.deepEqual(own, node);
    });
  }

  it('are recorded at all', async () => {
    const ports = [
      (await httpServer((_req, res) => res.end())).port,
      (await serveTls({}, (_req, res) => res.end())).port,
    ];
    const events = await traced('oxagent', 'node.net,node.dns', ports);
    assert.ok(events.some(({ name }) => name === 'connect'));
    assert.ok(events.some(({ name }) => name === 'lookup'));
  });
});
