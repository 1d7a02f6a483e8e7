'use strict';

// The verdict on a server's certificates must be that of a client of Node's own, which meets the
// same certificates in the same run.

const assert = require('node:assert/strict');
const { webcrypto } = require('node:crypto');
const tls = require('node:tls');
const { PeerCertificates } = require('../lib/tls/peer-certificate');
const { chainError, judgeIdentity, labelChain } = require('../lib/tls/verdict');
const { certificate, keyPair, pki, x509 } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const DAY = 86_400_000;
const { keyCertSign, cRLSign, digitalSignature, dataEncipherment } = x509.KeyUsageFlags;
const { serverAuth, clientAuth, emailProtection } = x509.ExtendedKeyUsage;

const days = (count) => new Date(Date.now() + count * DAY);
const pemOf = (list) => list.map(({ pem }) => pem);
const derOf = (list) => list.map(({ der }) => der);

function peerOf(sent, trusted) {
  const known = { bundled: [], own: derOf(trusted) };
  return { peer: new PeerCertificates(derOf(sent), known), known };
}

// How Node's client ends with a server that sends `sent`: its error, if it has one.
async function verdictOfNode(sent, trusted, options = {}) {
  const site = await serveRawTls({
    key: sent[0].key,
    cert: pemOf(sent).join(''),
    // The server shows whatever it has; whether that is strong enough is for its client to say.
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  const client = tls.connect({
    host: '127.0.0.1',
    port: site.port,
    servername: 'localhost',
    ca: pemOf(trusted),
    ...options,
  });
  const error = await new Promise((resolve) => {
    client.on('secureConnect', resolve);
    client.on('error', resolve);
  });
  client.destroy();
  await site.close();
  return error;
}

function fieldsOf(error) {
  const { name, message, code } = error;
  return { name, message, code, ...error, own: Object.getOwnPropertyNames(error).sort() };
}

describe('the verdict on an identity', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  for (const [title, leafOptions, identities] of [
    [
      'names',
      { names: ['localhost', '127.0.0.1', '*.wild.test', 'f*o.part.test'] },
      [
        'localhost',
        'LOCALHOST',
        'localhost.',
        'a.wild.test',
        'a.b.wild.test',
        'wild.test',
        'foo.part.test',
        'other.test',
        'xn--fiq228c.wild.test',
      ],
    ],
    ['a common name alone', { subject: 'common.test', names: [] }, ['common.test', 'other.test']],
    ['no name at all', { subject: '', names: [] }, ['localhost']],
    ['only addresses', { subject: 'common.test', names: ['192.0.2.1'] }, ['common.test', 'a.test']],
  ]) {
    it(`is Node's for ${title}`, async () => {
      const { root, intermediate } = await pki();
      const leaf = await certificate({ issuer: intermediate, ...leafOptions });
      const sent = [leaf, intermediate];
      const { peer } = peerOf(sent, [root]);
      for (const servername of identities) {
        const expected = await verdictOfNode(sent, [root], { servername });
        const error = judgeIdentity(peer, servername, tls.checkServerIdentity);
        assert.equal(error?.message, expected?.message, servername);
        assert.equal(String(judgeIdentity(peer, servername, null)), String(error));
        if (!error) continue;
        assert.deepEqual(fieldsOf(error), fieldsOf(expected));
        assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
        assert.equal(error.host, servername.replace(/\.$/, ''));
        assert.equal(error.cert.issuerCertificate.subject.CN, 'oxagent test intermediate');
      }
    });
  }

  it("asks a program's own function as Node does", async () => {
    const { root, intermediate, server } = await pki();
    const sent = [server, intermediate];
    const { peer } = peerOf(sent, [root]);
    const asked = [];
    const checkServerIdentity = (...args) => void asked.push(args);
    await verdictOfNode(sent, [root], { checkServerIdentity });
    assert.equal(judgeIdentity(peer, 'localhost', checkServerIdentity), undefined);
    assert.equal(asked.length, 2);
    assert.deepEqual(asked[1], asked[0]);
  });

  it('is what a function returns, if it is true', async () => {
    const { root, intermediate, server } = await pki();
    const sent = [server, intermediate];
    const { peer } = peerOf(sent, [root]);
    const refusal = Object.assign(new Error('not this one'), { code: 'REFUSED' });
    for (const answer of [undefined, null, false, 0, '', Number.NaN, refusal]) {
      const checkServerIdentity = () => answer;
      const expected = await verdictOfNode(sent, [root], { checkServerIdentity });
      assert.equal(judgeIdentity(peer, 'localhost', checkServerIdentity), expected);
    }
    const thrown = new Error('thrown');
    const throws = () => {
      throw thrown;
    };
    assert.throws(() => judgeIdentity(peer, 'localhost', throws), thrown);
  });
});

describe('the error of a chain', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  async function faults() {
    const { root, intermediate, server } = await pki();
    const narrow = await certificate({ issuer: root, subject: 'narrow', ca: true, pathLength: 0 });
    const below = await certificate({ issuer: narrow, subject: 'below', ca: true });
    const issued = (options) => certificate({ issuer: intermediate, ...options });
    return {
      CERT_HAS_EXPIRED: [
        [await issued({ notBefore: days(-9), notAfter: days(-1) }), intermediate],
        [root],
      ],
      CERT_NOT_YET_VALID: [[await issued({ notBefore: days(1) }), intermediate], [root]],
      INVALID_PURPOSE: [[await issued({ extendedKeyUsage: [clientAuth] }), intermediate], [root]],
      PATH_LENGTH_EXCEEDED: [[await certificate({ issuer: below }), below, narrow], [root]],
      DEPTH_ZERO_SELF_SIGNED_CERT: [[await certificate()], [root]],
      SELF_SIGNED_CERT_IN_CHAIN: [[server, intermediate, root], []],
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: [[server], [root]],
      UNABLE_TO_GET_ISSUER_CERT: [[server], [intermediate]],
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [[server, intermediate], []],
    };
  }

  it("is Node's for every code", async () => {
    for (const [code, [sent, trusted]] of Object.entries(await faults())) {
      const expected = await verdictOfNode(sent, trusted);
      assert.equal(expected?.code, code);
      const error = chainError(code);
      assert.deepEqual(fieldsOf(error), fieldsOf(expected));
      assert.deepEqual(Object.keys(error), Object.keys(expected));
      assert.equal(error.constructor, expected.constructor);
    }
  });
});

describe('the error of a chain that nobody could label', () => {
  it("is OpenSSL's unspecified one", () => {
    const error = chainError('UNSPECIFIED');
    assert.equal(error.code, 'UNSPECIFIED');
    assert.equal(error.message, 'unspecified certificate verification error');
  });
});

describe('the label of a chain', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  // The label is Node's own code, or it is left to Node.
  async function assertLabel(sent, trusted, title) {
    const { peer, known } = peerOf(sent, trusted);
    const label = labelChain(peer, known);
    const expected = (await verdictOfNode(sent, trusted))?.code;
    if (label !== null) assert.equal(label, expected, title);
    return { label, expected };
  }

  async function assertLabelled(sent, trusted, code) {
    const { label, expected } = await assertLabel(sent, trusted, code);
    assert.equal(label, code);
    assert.equal(expected, code);
  }

  it('is given to the common ones', async () => {
    const { root, intermediate, server } = await pki();
    const other = await certificate({ subject: 'other', ca: true });
    for (const trusted of [[], [other]]) {
      await assertLabelled([server], trusted, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      await assertLabelled([server, other], trusted, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      await assertLabelled([server, intermediate], trusted, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
      await assertLabelled([server, intermediate, root], trusted, 'SELF_SIGNED_CERT_IN_CHAIN');
      await assertLabelled([server, root, intermediate], trusted, 'SELF_SIGNED_CERT_IN_CHAIN');
    }
    await assertLabelled([server], [root], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    await assertLabelled([server], [intermediate], 'UNABLE_TO_GET_ISSUER_CERT');
    await assertLabelled([server, intermediate, root], [intermediate], 'UNABLE_TO_GET_ISSUER_CERT');
    await assertLabelled([server], [server], 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  for (const key of ['p256', 'p384', 'p521', 'rsa', 'ed25519']) {
    it(`is given to a leaf on ${key} that nobody vouches for`, async () => {
      for (const ca of [false, true, null]) {
        const options = { key, ca, names: ['localhost'], keyUsage: null, extendedKeyUsage: null };
        await assertLabelled([await certificate(options)], [], 'DEPTH_ZERO_SELF_SIGNED_CERT');
      }
      await assertLabelled([await certificate({ key })], [], 'DEPTH_ZERO_SELF_SIGNED_CERT');
    });
  }

  it('is left to Node where it trusts a root of that name', async () => {
    const { root, intermediate, server } = await pki();
    const leaf = await certificate();
    const twin = await certificate({ subject: 'oxagent test root', key: root.pair, ca: true });
    for (const [sent, trusted, expected] of [
      [[server, intermediate], [root], undefined],
      [[server, intermediate], [root, twin], undefined],
      [[server, intermediate, root], [twin], 'any'],
      [[leaf], [leaf], 'any'],
    ]) {
      const found = await assertLabel(sent, trusted);
      assert.equal(found.label, null);
      if (expected !== 'any') assert.equal(found.expected, expected);
    }
  });

  it('is never another than that of Node', async () => {
    const { root } = await pki();
    // Permits the DNS name `elsewhere.test` alone.
    const elsewhere = Buffer.from(
      `3014a0123010820e${Buffer.from('elsewhere.test').toString('hex')}`,
      'hex',
    );
    const kinds = {
      plain: {},
      expired: { notBefore: days(-9), notAfter: days(-1) },
      future: { notBefore: days(1) },
      'no CA': { ca: false, keyUsage: keyCertSign },
      'no constraints': { ca: null },
      'no key usage': { keyUsage: null },
      'no right to sign': { keyUsage: cRLSign },
      'length 0': { pathLength: 0 },
      'length 1': { pathLength: 1 },
      'for clients': { extendedKeyUsage: [clientAuth] },
      'for servers': { extendedKeyUsage: [serverAuth] },
      'unknown and critical': { extensions: [criticalOf('1.2.3.4')] },
      'names limited': { extensions: [new x509.Extension('2.5.29.30', false, elsewhere)] },
      'signing with SHA-1': { key: await rsaPair(2048, 'SHA-1') },
      'a short key': { key: await rsaPair(1024, 'SHA-256') },
      'another key': { impostor: true },
    };
    const leaves = {
      plain: {},
      expired: { notBefore: days(-9), notAfter: days(-1) },
      'for mail': { extendedKeyUsage: [emailProtection] },
      'for data': { keyUsage: dataEncipherment },
      'a CA': { ca: true, names: ['localhost'], keyUsage: digitalSignature | keyCertSign },
    };
    const counts = { labelled: 0, left: 0 };
    for (const [above, kind] of Object.entries(kinds)) {
      const { impostor, ...options } = kind;
      const upper = await certificate({ subject: 'upper', issuer: root, ca: true, ...options });
      const lower = await certificate({ subject: 'lower', issuer: upper, ca: true });
      const issuer = impostor ? await signedByAnother(lower) : lower;
      const leafKinds = above === 'plain' ? Object.entries(leaves) : [['plain', {}]];
      for (const [own, leafOptions] of leafKinds) {
        const leaf = await certificate({ issuer, ...leafOptions });
        for (const sent of [
          [leaf, lower, upper],
          [leaf, lower],
          [leaf, lower, upper, root],
        ]) {
          for (const trusted of [[], [upper], [lower]]) {
            const { label } = await assertLabel(sent, trusted, `${above}, ${own}`);
            if (label === null) counts.left++;
            else counts.labelled++;
          }
        }
      }
    }
    assert.ok(counts.labelled > 40, `${counts.labelled} were labelled`);
    assert.ok(counts.left > 40, `${counts.left} were left to Node`);
  });

  // As if `certificate` had issued, but not with its key.
  async function signedByAnother({ name, pair }) {
    const { privateKey } = await keyPair('p256');
    return { name, pair: { publicKey: pair.publicKey, privateKey } };
  }

  function rsaPair(modulusLength, hash) {
    const publicExponent = new Uint8Array([1, 0, 1]);
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength, publicExponent, hash };
    return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  }

  function criticalOf(oid, value = '0500') {
    return new x509.Extension(oid, true, Buffer.from(value, 'hex'));
  }

  it('is never another for a leaf that signs itself', async () => {
    for (const options of [
      { notBefore: days(-9), notAfter: days(-1) },
      { extendedKeyUsage: [clientAuth] },
      { keyUsage: dataEncipherment },
      { keyUsage: keyCertSign },
      { extensions: [criticalOf('1.2.3.4')] },
      { key: await rsaPair(2048, 'SHA-1') },
      { key: await rsaPair(2048, 'SHA-512') },
      { key: await rsaPair(1024, 'SHA-256') },
    ]) {
      await assertLabel([await certificate(options)], [], JSON.stringify(options));
    }
  });

  it('is left to Node for certificates that cannot be read, and for none', () => {
    const known = { bundled: [], own: [] };
    for (const chain of [[], [Buffer.from('no certificate')]]) {
      assert.equal(labelChain(new PeerCertificates(chain, known), known), null);
    }
  });

  it('is left to Node for issuers that certify one another', async () => {
    const [one, two] = await Promise.all([
      certificate({ subject: 'one', ca: true }),
      certificate({ subject: 'two', ca: true }),
    ]);
    const crossed = [
      await certificate({ subject: 'one', key: one.pair, issuer: two, ca: true }),
      await certificate({ subject: 'two', key: two.pair, issuer: one, ca: true }),
    ];
    const leaf = await certificate({ issuer: one });
    const { peer, known } = peerOf([leaf], crossed);
    assert.equal(labelChain(peer, known), null);
    await assertLabel([leaf, ...crossed], []);
  });
});
