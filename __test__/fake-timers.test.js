'use strict';

// A program's tests fake the clock, by one of the usual tools, before or after the library is
// loaded: requests go on by the real one, and go on when it is back.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const DURING = {
  statuses: [200, 200],
  reused: true,
  expired: true,
  queued: 'OXAGENT_QUEUE_TIMEOUT',
  destroyed: 'ECONNRESET',
  connecting: 'OXAGENT_CONNECT_TIMEOUT',
  thrown: 'of a listener',
};

const FAKES = [
  ['node:test', DURING],
  ['sinon', DURING],
  // Node's own client stands still until they are back.
  ['sinon, ticks too', null],
];

describe('fake timers', () => {
  afterEach(closeServers);

  for (const scheme of Object.keys(SERVE)) {
    for (const [kind, during] of FAKES) {
      for (const when of ['before', 'after']) {
        it(`of ${kind}, installed ${when} loading, stop no ${scheme} request`, async () => {
          const site = await SERVE[scheme]((req, res) => {
            if (req.url !== '/never') res.end('answer');
          });
          const ca = scheme === 'https' ? (await pki()).root.pem : '';
          const ended = await run('faked-timers.js', [kind, when, site.port, ca], {
            limit: 10_000,
          });
          assert.deepEqual(result(ended), { during, after: [200, 200] });
        });
      }
    }
  }
});
