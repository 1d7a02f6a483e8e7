'use strict';

// Which cipher suite is negotiated for OpenSSL's cipher strings: that of Node's agent.

const assert = require('node:assert/strict');
const { dispose, httpsAgentWith } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { outcome, sameAsNode } = require('./fixtures/https-outcome');

const GOOD = [
  undefined,
  '',
  'DEFAULT',
  'ALL',
  'HIGH',
  'HIGH:!aNULL:!MD5',
  'EECDH',
  'ECDHE+AESGCM',
  'ECDHE+AES256 ECDHE+AES128',
  'ECDHE+AES256,ECDHE+AES128',
  'CHACHA20',
  'AES256:AES128',
  'AES128:AES256',
  'HIGH:-AES256',
  'AES128:+AES128:CHACHA20',
  'HIGH:@STRENGTH',
  'kECDHE+aRSA',
  'kECDHE+aECDSA',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384',
  'TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_256_GCM_SHA384',
  'HIGH@SECLEVEL=0',
  'DEFAULT:@SECLEVEL=1',
  'DEFAULT@SECLEVEL=2',
];

// Left to Node's own transport, and working all the same.
const OUT_OF_REACH = [
  'AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA',
  'DHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-CCM',
  'TLS_AES_128_CCM_SHA256',
];

const BAD = [
  'NOTHING',
  'NOTHING:ALSO-NOTHING',
  '!ALL',
  ':',
  '::',
  'TLS_NOTHING',
  '!TLS_AES_128_GCM_SHA256',
  'HIGH:!TLS_AES_128_GCM_SHA256',
  'HIGH@SECLEVEL=9',
  'HIGH@SECLEVEL=x',
  1,
  {},
  ['HIGH'],
  true,
];

describe('HttpsAgent option ciphers', () => {
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

  const suite = (socket) => ({
    protocol: socket.getProtocol(),
    cipher: socket.getCipher(),
  });

  // A server that follows the client's order, so that the order decides.
  function following(options) {
    return serveTls(
      { ...both, honorCipherOrder: false, ciphers: 'ALL@SECLEVEL=0', dhparam: 'auto', ...options },
      ({ socket }, res) => res.end(socket.getCipher().standardName),
    );
  }

  for (const maxVersion of ['TLSv1.3', 'TLSv1.2']) {
    describe(`up to ${maxVersion}`, () => {
      for (const ciphers of GOOD) {
        it(`${JSON.stringify(ciphers)} negotiates Node's suite`, async () => {
          const site = await following({ maxVersion });
          const ours = await sameAsNode(site, { ca, ciphers }, suite);
          if (site.handshakes > 0) assert.equal(ours.body, ours.cipher.standardName);
          else assert.match(ours, /^(failed|thrown) /);
        });
      }

      for (const ciphers of OUT_OF_REACH) {
        it(`${ciphers} negotiates Node's suite, whoever carries it`, async () => {
          const site = await following({ maxVersion });
          await sameAsNode(site, { ca, ciphers }, suite);
          const narrow = await following({ maxVersion, ciphers });
          await sameAsNode(narrow, { ca, ciphers }, suite);
        });
      }
    });
  }

  it('that rustls knows in part is served by one that the list names', async () => {
    const site = await following({ maxVersion: 'TLSv1.2' });
    const names = ['ECDHE-RSA-AES256-SHA384', 'ECDHE-RSA-AES128-GCM-SHA256'];
    for (const list of [names, [...names].reverse()]) {
      const agent = httpsAgentWith({ ca, ciphers: list.join(':') });
      const { cipher } = await outcome({ port: site.port, agent }, suite);
      assert.ok(list.includes(cipher.name), cipher.name);
    }
  });

  for (const ciphers of BAD) {
    it(`${JSON.stringify(ciphers)} ends as with Node's agent`, async () => {
      const site = await following();
      const ended = await sameAsNode(site, { ca, ciphers });
      assert.match(ended, /^(failed|thrown) /);
      assert.equal(site.requests, 0);
    });
  }

  for (const [served, options] of [
    ['RSA key exchange', { ciphers: 'AES256-GCM-SHA384', maxVersion: 'TLSv1.2' }],
    ['CBC', { ciphers: 'ECDHE-RSA-AES128-SHA256', maxVersion: 'TLSv1.2' }],
    ['DHE', { ciphers: 'DHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }],
    ['CCM of TLS 1.3', { ciphers: 'TLS_AES_128_CCM_SHA256', minVersion: 'TLSv1.3' }],
  ]) {
    it(`by default serves or refuses a server that knows only ${served} as Node does`, async () => {
      const site = await following(options);
      const agentOptions = { ca };
      const first = await sameAsNode(site, agentOptions, suite);
      const second = await sameAsNode(site, agentOptions, suite);
      assert.deepEqual(second, first);
    });
  }

  it('of a request decides, and makes another origin', async () => {
    const site = await following({ minVersion: 'TLSv1.3' });
    for (const ciphers of ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']) {
      const { body } = await sameAsNode(site, { ca, request: { ciphers } }, suite);
      assert.equal(body, ciphers);
    }
  });

  it('is followed by a server with an order of its own', async () => {
    const site = await following({
      honorCipherOrder: true,
      ciphers: 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
    });
    const { body } = await sameAsNode(site, { ca }, suite);
    assert.equal(body, 'TLS_CHACHA20_POLY1305_SHA256');
  });

  for (const honorCipherOrder of [true, false, null, 'yes']) {
    it(`with honorCipherOrder ${honorCipherOrder} is the same for a client`, async () => {
      const site = await following();
      const ciphers = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384';
      const { body } = await sameAsNode(site, { ca, ciphers, honorCipherOrder }, suite);
      assert.equal(body, 'TLS_AES_128_GCM_SHA256');
    });
  }
});
