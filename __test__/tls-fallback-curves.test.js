'use strict';

// From Node 24 on, Node's own sockets end the process over a certificate with a key on some curves,
// where OpenSSL accepts it. The agent asks them for no such chain, and refuses it.

const assert = require('node:assert/strict');
const { Forge } = require('./support/chains');
const { result, run } = require('./support/child');
const { stock } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const shows = Number(process.versions.node.split('.')[0]) < 24;
const MESSAGE = 'unspecified certificate verification error';

describe('a chain with a key on a curve that Node cannot show', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  for (const key of ['secp256k1', 'brainpool']) {
    for (const place of ['root', 'intermediate']) {
      const title = `${key}, of the ${place},`;
      if (stock && !shows) {
        it(`${title} ends no process [Node differs: it does]`);
        continue;
      }

      const ask = async (mode) => {
        const { sent, key: own, ca } = new Forge('p256').chain({ [place]: { key } });
        const chain = sent.map(({ pem }) => pem).join('');
        const site = await serveTls({ key: own ?? sent[0].key, cert: chain });
        const roots = [ca].flat().map((one) => one.pem ?? one);
        const args = [site.port, roots.join(''), mode];
        const said = result(await run('tls-fallback-curve.js', args));
        return { said, requests: site.requests };
      };

      it(`${title} ends no process`, async () => {
        const { said, requests } = await ask('strict');
        if (shows) {
          assert.deepEqual(said, { authorized: true, authorizationError: null });
        } else {
          assert.deepEqual(said, { code: 'UNSPECIFIED', message: MESSAGE });
          assert.equal(requests, 0);
        }
      });

      it(`${title} is served to whom it does not matter`, async () => {
        const { said, requests } = await ask('lenient');
        const authorizationError = shows ? null : 'UNSPECIFIED';
        assert.deepEqual(said, { authorized: shows, authorizationError });
        assert.equal(requests, 1);
      });
    }
  }
});
