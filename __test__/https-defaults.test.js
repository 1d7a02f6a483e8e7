'use strict';

// What the command line and the tls module have for those who give no option.

const assert = require('node:assert/strict');
const tls = require('node:tls');
const { dispose } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent defaults', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let both;
  before(async () => {
    const { root, intermediate } = await pki();
    ca = root.pem;
    const [ec, rsa] = await Promise.all(
      ['p256', 'rsa'].map((key) => certificate({ issuer: intermediate, key })),
    );
    both = { cert: [ec.chain, rsa.chain], key: [ec.key, rsa.key] };
  });

  // A server of every version that follows the client's order and notes what it negotiates.
  async function noting(options) {
    const seen = [];
    const site = await serveTls({
      ...both,
      minVersion: 'TLSv1',
      ciphers: 'ALL@SECLEVEL=0',
      honorCipherOrder: false,
      ...options,
    });
    site.server.on('secureConnection', (socket) => {
      seen.push([socket.getProtocol(), socket.getCipher().name]);
    });
    return { ...site, port: site.port, seen };
  }

  async function visited(execArgv, steps, options) {
    const site = await noting(options);
    const all = steps ?? [{ request: {} }];
    for (const { request } of all) if (request) Object.assign(request, { port: site.port, ca });
    const ended = await run('https-steps.js', [JSON.stringify(all)], {
      execArgv,
      env: { NODE_OPTIONS: '' },
    });
    return { ...result(ended), seen: site.seen };
  }

  describe('of the command line', () => {
    for (const [execArgv, protocol, options] of [
      [[], 'TLSv1.3'],
      [['--tls-min-v1.3'], 'TLSv1.3'],
      [['--tls-max-v1.2'], 'TLSv1.2'],
      [['--tls-max-v1.3'], 'TLSv1.3'],
      [['--tls-min-v1.0'], 'TLSv1.3'],
      [['--tls-min-v1.0', '--tls-cipher-list=ALL@SECLEVEL=0'], 'TLSv1', { maxVersion: 'TLSv1' }],
      [
        ['--tls-min-v1.1', '--tls-cipher-list=ALL@SECLEVEL=0'],
        'TLSv1.1',
        { maxVersion: 'TLSv1.1' },
      ],
    ]) {
      it(`${execArgv.join(' ') || 'nothing'} gives ${protocol}`, async () => {
        const { outcomes, seen } = await visited(execArgv, undefined, options);
        assert.deepEqual(outcomes, ['answered true']);
        assert.equal(seen[0][0], protocol);
      });
    }

    it('--tls-min-v1.3 refuses a server of TLS 1.2', async () => {
      const steps = [{ request: {} }, { request: { minVersion: 'TLSv1.2' } }];
      const { outcomes, seen } = await visited(['--tls-min-v1.3'], steps, {
        maxVersion: 'TLSv1.2',
      });
      assert.match(outcomes[0], /^(ERR_SSL_|EPROTO)/);
      assert.equal(outcomes[1], 'answered true');
      assert.deepEqual(
        seen.map(([protocol]) => protocol),
        ['TLSv1.2'],
      );
    });

    for (const [list, maxVersion, suite] of [
      ['TLS_CHACHA20_POLY1305_SHA256', 'TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256'],
      ['TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384', 'TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
      ['ECDHE-RSA-AES256-GCM-SHA384', 'TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384'],
      ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
      ['AES256-GCM-SHA384', 'TLSv1.2', 'AES256-GCM-SHA384'],
    ]) {
      it(`--tls-cipher-list=${list} gives ${suite}`, async () => {
        const { outcomes, seen } = await visited([`--tls-cipher-list=${list}`], undefined, {
          maxVersion,
        });
        assert.deepEqual(outcomes, ['answered true']);
        assert.deepEqual(seen, [[maxVersion, suite]]);
      });
    }
  });

  describe('of the tls module', () => {
    it('count from the next connection on', async () => {
      const { outcomes, seen } = await visited(
        [],
        [
          { request: {} },
          { defaults: { DEFAULT_MAX_VERSION: 'TLSv1.2' } },
          { request: {} },
          { defaults: { DEFAULT_CIPHERS: 'ECDHE-RSA-AES256-GCM-SHA384' } },
          { request: {} },
          { defaults: { DEFAULT_MAX_VERSION: 'TLSv1.3', DEFAULT_MIN_VERSION: 'TLSv1.3' } },
          { defaults: { DEFAULT_CIPHERS: 'TLS_CHACHA20_POLY1305_SHA256' } },
          { request: {} },
        ],
      );
      assert.deepEqual(outcomes, Array(4).fill('answered true'));
      assert.equal(seen[0][0], 'TLSv1.3');
      assert.equal(seen[1][0], 'TLSv1.2');
      assert.deepEqual(seen[2], ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384']);
      assert.deepEqual(seen[3], ['TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256']);
    });

    it('give way to options', async () => {
      const { outcomes, seen } = await visited(
        [],
        [
          { defaults: { DEFAULT_MAX_VERSION: 'TLSv1.2' } },
          { request: { maxVersion: 'TLSv1.3' } },
          { defaults: { DEFAULT_CIPHERS: 'ECDHE-RSA-AES256-GCM-SHA384' } },
          { request: { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } },
        ],
      );
      assert.deepEqual(outcomes, Array(2).fill('answered true'));
      assert.equal(seen[0][0], 'TLSv1.3');
      assert.deepEqual(seen[1], ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256']);
    });

    describe('DEFAULT_ECDH_CURVE', () => {
      const before = tls.DEFAULT_ECDH_CURVE;
      afterEach(() => {
        tls.DEFAULT_ECDH_CURVE = before;
      });

      for (const curve of ['P-384', 'X25519', 'P-256:P-384']) {
        it(`${curve} is Node's group`, async () => {
          const site = await serveTls({ ecdhCurve: 'P-256:P-384:X25519' }, (_req, res) =>
            res.end('answered'),
          );
          tls.DEFAULT_ECDH_CURVE = curve;
          const ended = await sameAsNode(site, { ca }, (socket) => socket.getEphemeralKeyInfo());
          assert.equal(ended.body, 'answered');
          assert.equal(ended.type, 'ECDH');
        });
      }
    });
  });
});
