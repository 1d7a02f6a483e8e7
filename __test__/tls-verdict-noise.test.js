'use strict';

// Servers whose certificates chance has spoilt, and clients whose authorities it has: what Node
// makes of them, oxagent makes of them. Each choice follows from the seed, which OXAGENT_TEST_SEED
// sets.

const assert = require('node:assert/strict');
const tls = require('node:tls');
const { sameAsNode, sameVerdict } = require('./fixtures/https-outcome');
const { certificate, pki, x509 } = require('./support/certificates');
const der = require('./support/der');
const { dispose } = require('./support/https-agent');
const { randomOf } = require('./support/random');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SEED = Number(process.env.OXAGENT_TEST_SEED ?? 1);
const COUNT = 250;

function pemOf(bytes) {
  const lines = bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

// One or two bytes are others, by one bit or by any.
function spoilt({ der }, { chance, upTo }) {
  const bytes = Buffer.from(der);
  for (let changes = 1 + upTo(2); changes > 0; changes--) {
    const at = upTo(bytes.length);
    bytes[at] = chance(0.5) ? bytes[at] ^ (1 << upTo(8)) : upTo(256);
  }
  return pemOf(bytes);
}

function isLoadable(options) {
  try {
    tls.createSecureContext(options);
    return true;
  } catch {
    return false;
  }
}

describe('certificates that are spoilt', function () {
  this.timeout(120_000);
  afterEach(dispose);
  afterEach(closeServers);

  let chain;
  before(async () => {
    chain = await pki();
  });

  const WHOSE = {
    'of the server': ({ server, intermediate, root }, random) => ({
      sent: spoilt(server, random) + intermediate.pem,
      ca: root.pem,
    }),
    'of its authority': ({ server, intermediate, root }, random) => ({
      sent: server.pem + spoilt(intermediate, random),
      ca: root.pem,
    }),
    'of the server, which nobody vouches for': ({ server, root }, random) => ({
      sent: spoilt(server, random),
      ca: root.pem,
    }),
    'of those that are trusted': ({ server, intermediate, root }, random) => ({
      sent: server.chain,
      ca: [spoilt(root, random), spoilt(intermediate, random)],
      compare: sameVerdict,
    }),
  };

  for (const [whose, make] of Object.entries(WHOSE)) {
    it(`${whose}, ${COUNT} times, seed ${SEED}: end as with Node's agent`, async () => {
      const site = await serveTls({}, (_req, res) => res.end('answer'));
      const { key } = chain.server;
      const outcomes = {};
      for (let i = 0; i < COUNT; i++) {
        const { sent, ca, compare = sameAsNode } = make(chain, randomOf(SEED * 1000 + i));
        if (!isLoadable({ key, cert: sent })) continue;
        site.server.setSecureContext({ key, cert: sent });
        let ended;
        try {
          ended = await compare(site, { ca });
        } catch (error) {
          error.message = `${error.message}\n${sent}${[ca].flat().join('')}`;
          throw error;
        }
        outcomes[ended] = (outcomes[ended] ?? 0) + 1;
      }
      assert.ok(Object.keys(outcomes).length > 1, JSON.stringify(outcomes));
    });
  }

  for (const [name, oid, value] of [
    ['an authority key identifier', '2.5.29.35', Buffer.from([0x30, 0x10, 0x80, 0x20, 1])],
    ['a subject key identifier', '2.5.29.14', Buffer.from([0x04, 0x20, 1])],
    ['basic constraints', '2.5.29.19', Buffer.from([0x30, 0x7f])],
    ['a path length', '2.5.29.19', der.sequence(der.boolean(true), der.integer(2n ** 70n))],
    ['a key usage', '2.5.29.15', Buffer.from([0x03])],
    ['an extended key usage', '2.5.29.37', Buffer.from([0x30, 0x05, 0x06])],
  ]) {
    it(`${name} of a stranger that is no DER ends as with Node's agent`, async () => {
      const extensions = [new x509.Extension(oid, false, value)];
      const none = { keyUsage: null, extendedKeyUsage: null, ca: null, extensions };
      for (const issuer of [null, chain.intermediate]) {
        const { key, pem } = await certificate({ ...none, issuer });
        if (!isLoadable({ key, cert: pem })) continue;
        const site = await serveTls({ key, cert: pem });
        assert.match(await sameAsNode(site, { ca: chain.root.pem }), /^failed /);
      }
    });
  }
});
