'use strict';

// TLS options that chance has spoilt: PEM, PKCS #12, lists of ciphers, groups and signature
// algorithms. What Node makes of them, an error or none, oxagent makes of them too. Each choice
// follows from the seed, which OXAGENT_TEST_SEED sets.

const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { sameAsNode, sameVerdict } = require('./fixtures/https-outcome');
const { pki } = require('./support/certificates');
const { dispose } = require('./support/https-agent');
const { randomOf } = require('./support/random');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SEED = Number(process.env.OXAGENT_TEST_SEED ?? 1);
const COUNT = 200;

const PASSPHRASE = 'correct horse';

const PIECES = {
  pem: [
    '-----',
    '-----BEGIN CERTIFICATE-----\n',
    '-----END CERTIFICATE-----\n',
    '\n',
    '=',
    '\0',
    'A',
  ],
  list: [
    ':',
    '!',
    '+',
    '-',
    '@SECLEVEL=',
    '@STRENGTH',
    ',',
    ' ',
    '\0',
    'ALL',
    'TLS_',
    '\u00e9',
    '=',
  ],
};

// Up to three changes: a piece put in, taken out, said twice, or another byte.
function spoilt(text, pieces, { one, upTo }) {
  for (let changes = upTo(4); changes > 0; changes--) {
    const at = upTo(text.length);
    const [head, tail] = [text.slice(0, at), text.slice(at)];
    const length = one([1, 1, 4, 40, text.length]);
    text = one([
      () => head + one(pieces) + tail,
      () => head + tail.slice(length),
      () => head + tail.slice(0, length) + tail,
      () => head + String.fromCharCode(upTo(128)) + tail.slice(1),
      () => head,
    ])();
  }
  return text;
}

function spoiltBytes(bytes, { one, upTo }) {
  const at = upTo(bytes.length);
  const copy = Buffer.from(bytes);
  copy[at] = upTo(256);
  return one([copy, copy, bytes.subarray(0, at), Buffer.concat([bytes, bytes.subarray(at)])]);
}

const LISTS = {
  ciphers: [
    'DEFAULT',
    'HIGH:!aNULL:!MD5',
    'ECDHE+AESGCM:CHACHA20',
    'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    'DEFAULT:@SECLEVEL=1',
  ],
  ecdhCurve: ['auto', 'X25519:P-256:P-384', 'prime256v1', 'P-521:X25519'],
  sigalgs: ['RSA-PSS+SHA256:ECDSA+SHA256', 'ECDSA+SHA256:ECDSA+SHA384', 'RSA+SHA256:ECDSA+SHA256:'],
};

// Nothing in Node writes PKCS #12.
const hasOpenssl = !spawnSync('openssl', ['version']).error;

describe('HttpsAgent options that are spoilt', function () {
  this.timeout(120_000);
  afterEach(dispose);
  afterEach(closeServers);

  let root;
  let client;
  let pfx;
  before(async () => {
    ({ root, client } = await pki());
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
    const file = path.join(folder, 'client.pem');
    fs.writeFileSync(file, client.key + client.chain, { mode: 0o600 });
    if (hasOpenssl) {
      const args = ['pkcs12', '-export', '-in', file, '-passout', `pass:${PASSPHRASE}`];
      pfx = execFileSync('openssl', args);
    }
    fs.rmSync(folder, { recursive: true });
  });

  const KINDS = {
    ca: (random) => ({ ca: spoilt(root.pem, PIECES.pem, random) }),
    cert: (random) => ({ cert: spoilt(client.chain, PIECES.pem, random), key: client.key }),
    key: (random) => ({ cert: client.chain, key: spoilt(client.key, PIECES.pem, random) }),
    pfx: (random) => ({ pfx: spoiltBytes(pfx, random), passphrase: PASSPHRASE }),
    ...Object.fromEntries(
      Object.entries(LISTS).map(([option, lists]) => [
        option,
        (random) => ({ [option]: spoilt(random.one(lists), PIECES.list, random) }),
      ]),
    ),
  };

  for (const [kind, make] of Object.entries(KINDS)) {
    const title = `${kind}, ${COUNT} times, seed ${SEED}: ends as with Node's agent`;
    if (kind === 'pfx' && !hasOpenssl) {
      it.skip(`${title} [needs the openssl command]`);
      continue;
    }
    it(title, async () => {
      // It asks for no certificate: a signature that is no more right makes OpenSSL's servers drop
      // some of their clients, whoever they are.
      const site = await serveTls({}, (_req, res) => res.end('answer'));
      let failed = 0;
      for (let i = 0; i < COUNT; i++) {
        const options = make(randomOf(SEED * 1000 + i));
        let verdict = null;
        try {
          tls.createSecureContext(options);
        } catch (error) {
          verdict = error;
        }
        const told = JSON.stringify(options);
        let ended;
        try {
          const compare = kind === 'ca' ? sameVerdict : sameAsNode;
          ended = await compare(site, { ca: root.pem, ...options });
        } catch (error) {
          error.message = `${told}: ${error.message}`;
          throw error;
        }
        if (verdict) assert.match(ended, /^(failed|thrown) /, told);
        if (ended !== 'answer') failed++;
      }
      // Node refuses no `ca`; the server is then not trusted.
      assert.ok(failed > 0 && failed < COUNT, `${failed} failed`);
    });
  }
});
