'use strict';

// A record that is wrong after the handshake: the response of a request that has been sent
// arrives changed, or as something that is no record of this connection.

const assert = require('node:assert');
const { pki } = require('./support/certificates');
const { answer, closed, getSecure, httpsAgentWith } = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, sameFailure } = require('./support/tls-failure');
const { alert, between, flipped } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const CASES = [
  [
    'a bad authentication tag',
    flipped,
    { 'TLSv1.2': 'CIPHER_OPERATION_FAILED', 'TLSv1.3': 'DECRYPTION_FAILED_OR_BAD_RECORD_MAC' },
  ],
  [
    'plaintext',
    () => Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    { 'TLSv1.2': 'WRONG_VERSION_NUMBER' },
  ],
  ['no known type', () => Buffer.from([0x99, 3, 3, 0, 1, 0]), { 'TLSv1.3': 'BAD_RECORD_TYPE' }],
  ['an unencrypted alert', () => alert(40), { 'TLSv1.3': 'BAD_RECORD_TYPE' }],
  [
    'more than a record may hold',
    () => Buffer.concat([Buffer.from([23, 3, 3, 0xff, 0xff]), Buffer.alloc(70)]),
    {},
  ],
];

describe('TLS errors: a wrong record after the handshake', () => {
  let ca;

  before(async () => {
    ca = (await pki()).root.pem;
  });

  afterEach(cleanUp);

  // From the request on, each record of the server is changed.
  async function changing(version, change) {
    const site = await serveTls({ maxVersion: version }, (_req, res) => {
      middle.script = { fromServer: change };
      res.end('the answer');
    });
    const middle = await between(site.port);
    // The next handshake is left alone.
    const start = (options) => {
      middle.script = {};
      return getSecure(options);
    };
    return { port: middle.port, start };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [title, change, codes] of CASES) {
      it(`${title}, ${version}`, async () => {
        const { port, start } = await changing(version, change);
        const code = codes[version] && `ERR_SSL_${codes[version]}`;
        const { seen } = await sameFailure(port, { ca }, { code, start });
        assert.ok(seen.events.includes('socket secureConnect'));
        assert.match(seen.error.code, /^ERR_SSL_/);
      });
    }

    it(`garbage on a connection that waits in the pool, ${version}`, async () => {
      const site = await serveTls({ maxVersion: version });
      const middle = await between(site.port);
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const first = await answer(getSecure({ port: middle.port, agent }));
      middle.links[0].client.write('no record at all');
      await closed(first.socket);
      assertIdle(agent);
      const second = await answer(getSecure({ port: middle.port, agent }));
      assert.strictEqual(second.res.statusCode, 200);
      assert.strictEqual(middle.connections, 2);
    });
  }
});
