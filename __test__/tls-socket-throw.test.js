'use strict';

// An exception of a listener is an uncaughtException, exactly once, and the other connections go
// on.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('a listener of a TLS connection that throws', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const event of [
      'connect',
      'ready',
      'keylog',
      'secureConnect',
      'session',
      'secure',
      'response',
      'data',
    ]) {
      it(`at '${event}' is caught once, and the others are answered (${version})`, async () => {
        const ca = (await pki()).root.pem;
        const site = await serveTls({ maxVersion: version }, (req, res) => {
          res.end(`answer to ${req.url}`);
        });
        const seen = result(await run('tls-throwing.js', [site.port, ca, event]));
        const caught = [0, 3, 6, 9].map((i) => `listener ${i} uncaughtException`);
        assert.deepEqual(seen, { caught, others: 8 });
      });
    }
  }
});
