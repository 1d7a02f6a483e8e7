'use strict';

// Received bytes where the runtime allows no Buffer over memory of others, as Electron: each chunk
// is copied. OXAGENT_NO_EXTERNAL_BUFFERS makes it so anywhere.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');
const { pki } = require('./support/certificates');
const { answerPattern, handOver } = require('./support/pattern');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVERS = { http: serve, https: (answer) => serveTls({}, answer) };

describe('received bytes', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  for (const protocol of ['http', 'https']) {
    for (const [how, value] of [
      ['are copied where no Buffer may be over them', '1'],
      ['are seen where they are', ''],
    ]) {
      it(`${how}, and are what ${protocol} has sent and stay so`, async () => {
        const server = await SERVERS[protocol](answerPattern);
        server.server.on('upgrade', handOver);
        const { root } = await pki();
        const ended = await run('downloads.js', [protocol, server.port, root.pem], {
          env: { OXAGENT_NO_EXTERNAL_BUFFERS: value },
        });
        const expected = { ownsChunks: value === '1', downloads: 161, faults: [] };
        assert.deepEqual(result(ended), expected);
      });
    }
  }
});
