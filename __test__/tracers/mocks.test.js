'use strict';

// The same program under a mock, with Node's agents and with oxagent's: what is mocked is answered
// by the mock, also where a connection to the real server is there, and the rest by the server.

const assert = require('node:assert/strict');
const { cleanUp } = require('../support/peer');
const { mocks } = require('./mocks');
const { WAYS, runMocked } = require('./run');
const { startMockedSites } = require('./sites');

const [major] = process.versions.node.split('.').map(Number);

describe('under a mock', () => {
  let sites;
  before(async () => {
    sites = await startMockedSites();
  });
  after(cleanUp);

  for (const tool of mocks) {
    const reason = tool.skip?.(major);
    (reason ? describe.skip : describe)(reason ? `${tool.name} [${reason}]` : tool.name, () => {
      let expected;
      before(async () => {
        expected = await runMocked(tool, 'node', sites);
      });

      it('has done its work with the agents of Node', () => {
        // A connection that Node's agents keep passes some mocks by.
        const during = expected['during, keepAlive false'];
        const spied = expected['report, keepAlive false'];
        if (spied) assert.ok(spied.some(({ calls }) => calls.length > 0));
        else assert.ok(during.filter(({ body }) => body === 'mocked').length >= 4);
        assert.ok(during.some(({ body }) => body === 'real GET /passed'));
        for (const { body } of expected['after, keepAlive false']) assert.match(body, /^real /);
      });

      for (const way of Object.keys(WAYS).filter((one) => one !== 'node')) {
        it(`answers the same with oxagent, loaded ${way}`, async () => {
          assert.deepEqual(await runMocked(tool, way, sites), expected);
        });
      }
    });
  }
});
