'use strict';

// The clock is set back or forward: what is timed goes by a clock that nobody can set. Deadlines
// come neither at once nor never, and connections at rest stay.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const HOUR_MS = 3_600_000;

const STEPS = {
  'an hour back': -HOUR_MS,
  'ten years back': -10 * 8766 * HOUR_MS,
  'an hour forward': HOUR_MS,
  'ten years forward': 10 * 8766 * HOUR_MS,
};

describe("the program's clock is set", function () {
  this.timeout(60_000);
  afterEach(closeServers);

  for (const name of Object.keys(SERVE)) {
    for (const [what, milliseconds] of Object.entries(STEPS)) {
      it(`${what}: deadlines come, and what is kept stays (${name})`, async () => {
        const site = await SERVE[name]((req, res) => {
          if (req.url === '/never') return;
          // With the agent's buffer: 300 ms.
          if (req.url === '/hint') res.setHeader('keep-alive', 'timeout=1');
          res.end(String(req.socket.number));
        });
        const ca = name === 'https' ? (await pki()).root.pem : '';
        const seen = result(await run('clock.js', [site.port, milliseconds, ca]));
        assert.deepEqual(seen, { kept: true, answered: true, idle: [0, 0], left: [0, 0] });
      });
    }
  }
});
