'use strict';

// The same program under a tracer, with Node's agents and with oxagent's: what the tracer sees is
// the same, and the sockets are native.

const assert = require('node:assert/strict');
const { cleanUp } = require('../support/peer');
const { WAYS, runTraced } = require('./run');
const { startSites } = require('./sites');
const { tools } = require('./tools');

const [major] = process.versions.node.split('.').map(Number);

describe('under a tracer', () => {
  let sites;
  before(async () => {
    sites = await startSites();
  });
  after(cleanUp);

  for (const tool of tools) {
    const reason = tool.skip?.(major);
    (reason ? describe.skip : describe)(reason ? `${tool.name} [${reason}]` : tool.name, () => {
      let expected;
      before(async () => {
        expected = await runTraced(tool, 'node', sites);
      });

      it('has seen the program with the agents of Node', () => {
        // A tracer that did not start would see nothing, with whatever agent.
        assert.ok(expected.spans.length >= Object.keys(expected.outcomes).length);
        for (const { name, children } of expected.spans) assert.ok(children.length > 0, name);
      });

      for (const way of Object.keys(WAYS).filter((one) => one !== 'node')) {
        it(`sees the same with oxagent, loaded ${way}`, async () => {
          const seen = await runTraced(tool, way, sites);
          assert.deepEqual(seen.outcomes, expected.outcomes);
          assert.deepEqual(without(tool.unlike, seen.spans), expected.spans);
          for (const [name, native] of Object.entries(seen.native)) {
            assert.equal(native, true, `the socket of ${name} is not native`);
          }
        });
      }
    });
  }
});

// What is under such a span moves up in its place.
function without(unlike, spans) {
  if (!unlike) return spans;
  return spans.flatMap(({ children, ...span }) => {
    const kept = without(unlike, children);
    return span.name === unlike.name ? kept : [{ ...span, children: kept }];
  });
}
