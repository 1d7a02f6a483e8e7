'use strict';

// When a part of Node's own transport has been replaced, by a mock or a tracer, connections are
// made through the replacement, whether it came before or after the library.

const assert = require('node:assert/strict');
const { differs, since } = require('./support/agent');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');

async function mocked(what, when) {
  const real = await httpServer((_, res) => res.end('real'));
  const mock = await httpServer((_, res) => res.end('mock'));
  const ended = await run('mocks.js', [what, when, real.port, mock.port]);
  return { seen: result(ended), real, mock };
}

// How to declare a test of each replacement; Node's own agent does not look at all of them.
const REPLACEMENTS = [
  ['traced connect', 'real', it],
  ["traced createConnection of Node's agents, and connect", 'real', it],
  ["redirected createConnection of Node's agents", 'mock', it],
  ['redirected connect', 'mock', it],
  ['net.connect and net.createConnection', 'mock', since(22)],
  ['net.createConnection', 'mock', since(22)],
  ['net.connect', 'mock', differs('it asks net.createConnection only')],
];

describe('a replaced transport', () => {
  afterEach(cleanUp);

  for (const [what, answer, declare] of REPLACEMENTS) {
    for (const when of ['before', 'after', 'between']) {
      declare(`${what}, ${when}, makes the connection`, async () => {
        const { seen, real, mock } = await mocked(what, when);
        assert.deepEqual(seen, {
          calls: 1,
          ofSocket: true,
          answers: [answer, answer],
          same: true,
        });
        const before = when === 'between' ? 1 : 0;
        assert.equal(real.connections, before + (answer === 'real' ? 1 : 0));
        assert.equal(mock.connections, answer === 'mock' ? 1 : 0);
      });
    }
  }

  differs('mocks of its connections drop its idle ones themselves')(
    'a connection that is idle when connect is redirected serves no more',
    async () => {
      const { seen, real, mock } = await mocked('redirected connect', 'kept');
      assert.deepEqual(seen, { calls: 1, ofSocket: true, answers: ['mock', 'mock'], same: true });
      assert.deepEqual([real.requests, real.connections, mock.connections], [1, 1, 1]);
    },
  );

  for (const when of ['before', 'after']) {
    it(`dns.lookup, ${when}, is asked for the name`, async () => {
      const { seen } = await mocked('dns.lookup', when);
      assert.deepEqual(seen, {
        calls: 1,
        ofSocket: 'only.the.mock.knows.invalid',
        answers: ['real', 'real'],
        same: true,
      });
    });
  }
});
