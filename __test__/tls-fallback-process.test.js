'use strict';

// The life of the process and of a connection that Node's transport has taken over: what the
// program still waits for keeps it, and nothing else.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };

describe('a process with a connection over the other transport', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  for (const [what, title] of [
    ['parked', 'ends while it is parked'],
    ['reused', 'ends when it has been used again and closed'],
    ['unref', 'ends when it was let go before the transport changed'],
    ['ref', 'lives while it is held'],
  ]) {
    it(title, async () => {
      const ca = (await pki()).root.pem;
      const site = await serveTls(CBC, (req, res) => {
        if (req.url === '/close') res.setHeader('connection', 'close');
        res.end('ok');
      });
      const ended = await run('tls-fallback-alive.js', [what, site.port, ca]);
      assert.deepEqual(ended, { code: 0, signal: null, stdout: 'done\n', stderr: '' });
    });
  }
});
