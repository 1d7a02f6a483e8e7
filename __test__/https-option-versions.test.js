'use strict';

// Protocol versions: which is negotiated, and what is refused, as with Node's agent.

const assert = require('node:assert/strict');
const { constants } = require('node:crypto');
const { dispose } = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

const OLD = { ciphers: 'ALL@SECLEVEL=0' };

describe('HttpsAgent options minVersion, maxVersion and secureProtocol', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  const served = (options) =>
    serveTls({ minVersion: 'TLSv1', ...OLD, ...options }, ({ socket }, res) =>
      res.end(socket.getProtocol()),
    );

  const told = (socket) => ({ protocol: socket.getProtocol() });

  // By client options: the version that a server of every version sees, or how it ends.
  const CASES = [
    [{}, 'TLSv1.3'],
    [{ minVersion: 'TLSv1.3' }, 'TLSv1.3'],
    [{ maxVersion: 'TLSv1.2' }, 'TLSv1.2'],
    [{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, 'TLSv1.2'],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' }, 'TLSv1.3'],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ...OLD }, 'TLSv1.1'],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1', ...OLD }, 'TLSv1'],
    [{ minVersion: 'TLSv1', ...OLD }, 'TLSv1.3'],
    [{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2', ...OLD }, 'TLSv1.2'],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, /^(failed|thrown) /],
    [{ minVersion: null, maxVersion: undefined }, 'TLSv1.3'],
    [{ minVersion: '' }, /^thrown ERR_TLS_INVALID_PROTOCOL_VERSION: /],
    [{ minVersion: 'TLSv1.4' }, /^thrown ERR_TLS_INVALID_PROTOCOL_VERSION: /],
    [{ maxVersion: 'SSLv3' }, /^thrown ERR_TLS_INVALID_PROTOCOL_VERSION: /],
    [{ maxVersion: 771 }, /^thrown ERR_TLS_INVALID_PROTOCOL_VERSION: /],
    [{ secureProtocol: 'TLS_method' }, 'TLSv1.3'],
    [{ secureProtocol: 'TLS_client_method' }, 'TLSv1.3'],
    [{ secureProtocol: 'SSLv23_method' }, 'TLSv1.2'],
    [{ secureProtocol: 'SSLv23_client_method' }, 'TLSv1.2'],
    [{ secureProtocol: 'TLSv1_2_method' }, 'TLSv1.2'],
    [{ secureProtocol: 'TLSv1_2_client_method' }, 'TLSv1.2'],
    [{ secureProtocol: 'TLSv1_1_method', ...OLD }, 'TLSv1.1'],
    [{ secureProtocol: 'TLSv1_method', ...OLD }, 'TLSv1'],
    [{ secureProtocol: 'TLSv1_2_server_method' }, /^(failed|thrown) /],
    [{ secureProtocol: 'SSLv3_method' }, /^thrown ERR_TLS_INVALID_PROTOCOL_METHOD: /],
    [{ secureProtocol: 'nonsense' }, /^thrown ERR_TLS_INVALID_PROTOCOL_METHOD: /],
    [{ secureProtocol: '' }, /^thrown ERR_TLS_INVALID_PROTOCOL_METHOD: /],
    [
      { secureProtocol: 'TLS_method', minVersion: 'TLSv1.2' },
      /^thrown ERR_TLS_PROTOCOL_VERSION_CONFLICT: /,
    ],
    [{ secureOptions: constants.SSL_OP_NO_TLSv1_3 }, 'TLSv1.2'],
    [{ secureOptions: constants.SSL_OP_NO_TLSv1_2 }, 'TLSv1.3'],
    [
      { secureOptions: constants.SSL_OP_NO_TLSv1_3 | constants.SSL_OP_NO_TLSv1_2 },
      /^(failed|thrown) /,
    ],
    [{ secureOptions: constants.SSL_OP_NO_TICKET }, 'TLSv1.3'],
    [{ secureOptions: 0 }, 'TLSv1.3'],
    [{ secureOptions: 'x' }, /^thrown ERR_INVALID_ARG_TYPE: /],
    [{ secureOptions: 1.5 }, /^thrown ERR_OUT_OF_RANGE: /],
  ];

  for (const [options, expected] of CASES) {
    const title = JSON.stringify(options, (_key, value) => value ?? String(value));
    it(`${title} gives ${expected}`, async () => {
      const site = await served();
      const ended = await sameAsNode(site, { ca, ...options }, told);
      if (typeof expected === 'string') {
        assert.deepEqual(ended, { body: expected, protocol: expected });
      } else {
        assert.match(ended, expected);
        assert.equal(site.requests, 0);
      }
    });
  }

  for (const options of [
    { maxVersion: 'TLSv1.2' },
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2', ...OLD },
    { secureProtocol: 'TLSv1_2_method' },
    { secureOptions: constants.SSL_OP_NO_TLSv1_3 },
  ]) {
    it(`${JSON.stringify(options)} gives TLSv1.2 by rustls too, where it is asked for`, async () => {
      const site = await served();
      const ended = await sameAsNode(site, { ca, transport: 'rustls', ...options }, told);
      assert.deepEqual(ended, { body: 'TLSv1.2', protocol: 'TLSv1.2' });
    });
  }

  for (const version of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']) {
    it(`a server of ${version} alone is served or refused as Node does`, async () => {
      const site = await served({ minVersion: version, maxVersion: version });
      for (const options of [
        {},
        { maxVersion: 'TLSv1.2' },
        { minVersion: 'TLSv1.3' },
        { minVersion: 'TLSv1', ...OLD },
      ]) {
        const ended = await sameAsNode(site, { ca, ...options }, told);
        if (ended.body) assert.deepEqual(ended, { body: version, protocol: version });
      }
      assert.ok(site.requests > 0);
    });
  }

  it('of a request decide, and make another origin', async () => {
    const site = await served();
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
      const { body } = await sameAsNode(site, { ca, request: { maxVersion } }, told);
      assert.equal(body, maxVersion);
    }
  });
});
