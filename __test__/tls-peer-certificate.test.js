'use strict';

// What is told of a server's certificates must be what a TLS socket of Node's own tells of the same
// connection.

const assert = require('node:assert/strict');
const { X509Certificate, generateKeyPairSync } = require('node:crypto');
const { once } = require('node:events');
const tls = require('node:tls');
const { certificateFields } = require('../lib/tls/certificate-fields');
const { PeerCertificates, peerCertificates } = require('../lib/tls/peer-certificate');
const { certificate, keyPair, pki, x509 } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const DAY = 86_400_000;
const nodeMajor = Number(process.versions.node.split('.')[0]);

const roots = (...own) => ({ bundled: [], own: own.map(({ der }) => der) });

// What Node's client and what PeerCertificates tell of a server that sends `sent`, whose first is
// its own, to a client that trusts `trusted`.
async function both(sent, trusted, { key = sent[0].key, defaults = false } = {}) {
  const site = await serveRawTls({ key, cert: sent.map(({ pem }) => pem).join('') });
  const client = tls.connect({
    host: '127.0.0.1',
    port: site.port,
    servername: 'localhost',
    ca: defaults ? undefined : trusted.map(({ pem }) => pem),
    rejectUnauthorized: false,
  });
  await once(client, 'secureConnect');
  const expected = {
    brief: client.getPeerCertificate(),
    detailed: client.getPeerCertificate(true),
    x509: client.getPeerX509Certificate(),
  };
  client.destroy();
  const known = defaults ? { bundled: bundled(), own: [] } : roots(...trusted);
  const peer = new PeerCertificates(
    sent.map(({ der }) => der),
    known,
  );
  return { peer, expected };
}

const bundled = () => tls.rootCertificates.map((pem) => new X509Certificate(pem).raw);

// How many certificates the detailed form links, the leaf among them.
function linked(shown) {
  const seen = new Set();
  for (let one = shown; one && !seen.has(one); one = one.issuerCertificate) seen.add(one);
  return seen.size;
}

async function assertSame(sent, trusted, options) {
  const { peer, expected } = await both(sent, trusted, options);
  assert.deepEqual(peer.legacy(false), expected.brief);
  const detailed = peer.legacy(true);
  assert.deepEqual(detailed, expected.detailed);
  assert.equal(linked(detailed), linked(expected.detailed));
  assert.equal(peer.x509().fingerprint256, expected.x509.fingerprint256);
  assert.ok(peer.x509() instanceof X509Certificate);
  return detailed;
}

describe('the peer certificate', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  it('of a chain is linked up to the root that the client trusts', async () => {
    const { root, intermediate, server } = await pki();
    const shown = await assertSame([server, intermediate], [root]);
    assert.equal(linked(shown), 3);
    const top = shown.issuerCertificate.issuerCertificate;
    assert.equal(top.issuerCertificate, top);
  });

  for (const key of ['p256', 'p384', 'p521', 'rsa', 'ed25519']) {
    it(`has the fields of a key on ${key}`, async () => {
      await assertSame([await certificate({ key })], []);
    });
  }

  it('has the fields of names, usages and access information', async () => {
    const { root, intermediate } = await pki();
    const leaf = await certificate({
      subject: 'C=CH, O=Müller & Söhne, OU=one, OU=two, CN=a.test, CN=b.test',
      issuer: intermediate,
      names: ['a.test', '*.b.test', '192.0.2.7', '2001:db8::1'],
      extensions: [
        new x509.AuthorityInfoAccessExtension({
          ocsp: ['http://ocsp.test/one', 'http://ocsp.test/two'],
          caIssuers: 'http://ca.test/issuer.crt',
        }),
      ],
    });
    const shown = await assertSame([leaf, intermediate], [root]);
    assert.deepEqual([...shown.subject.OU], ['one', 'two']);
    assert.equal(shown.infoAccess['OCSP - URI'].length, 2);
  });

  it('without names of any kind is the same', async () => {
    await assertSame([await certificate({ subject: '', names: [] })], []);
  });

  it('of a self-signed leaf is its own issuer only if it may sign', async () => {
    for (const ca of [true, false, null]) {
      for (const keyUsage of [undefined, null]) {
        const leaf = await certificate({ ca, names: ['localhost'], keyUsage });
        await assertSame([leaf], []);
        await assertSame([leaf], [leaf]);
      }
    }
  });

  it('is linked as Node links it, whatever the server sends and the client trusts', async () => {
    const { root, intermediate, server } = await pki();
    const second = await certificate({ subject: 'second', issuer: intermediate, ca: true });
    const third = await certificate({ subject: 'third', issuer: second, ca: true });
    const leaf = await certificate({ issuer: third });
    const stranger = await certificate({ subject: 'stranger', ca: true });
    const chains = [
      [leaf],
      [leaf, third],
      [leaf, third, second, intermediate],
      [leaf, third, second, intermediate, root],
      [leaf, intermediate, second, third],
      [leaf, second, third, intermediate],
      [leaf, root, intermediate, third, second],
      [leaf, stranger, third, second],
      [leaf, third, stranger, second, intermediate, stranger],
      [leaf, second],
      [server, leaf, intermediate],
      [server, root],
    ];
    const stores = [[], [root], [intermediate], [third, root], [second, intermediate, stranger]];
    for (const sent of chains) {
      for (const trusted of stores) await assertSame(sent, trusted);
    }
  });

  it('has the issuer that is in date, of several by one name and key', async () => {
    const subject = 'renewed';
    const key = await keyPair('p256');
    const now = Date.now();
    const made = (from, to) =>
      certificate({
        subject,
        key,
        ca: true,
        notBefore: new Date(now + from * DAY),
        notAfter: new Date(now + to * DAY),
      });
    const current = await made(-1, 9);
    const [old, older, future] = await Promise.all([made(-20, -2), made(-20, -9), made(2, 9)]);
    const leaf = await certificate({ issuer: current });
    for (const trusted of [
      [old, current, older],
      [current, old],
      [older, old],
      [old, older],
      [old, future],
      [future, older],
      [older, old, future, current],
    ]) {
      await assertSame([leaf], trusted);
    }
  });

  it('has an issuer that may not sign, if the client trusts it', async () => {
    const { root } = await pki();
    const issuer = await certificate({
      subject: 'no signer',
      issuer: root,
      ca: true,
      keyUsage: x509.KeyUsageFlags.digitalSignature,
    });
    const alone = await certificate({
      subject: 'alone',
      ca: true,
      keyUsage: x509.KeyUsageFlags.cRLSign,
    });
    for (const [sent, trusted] of [
      [[await certificate({ issuer }), issuer], [root]],
      [[await certificate({ issuer })], [issuer, root]],
      [[await certificate({ issuer: alone })], [alone]],
      [[await certificate({ issuer: alone }), alone], [alone]],
      [[await certificate({ issuer: alone }), alone], []],
    ]) {
      await assertSame(sent, trusted);
    }
  });

  it('is not linked to an issuer of the same name with another key', async () => {
    const mine = await certificate({ subject: 'twin', ca: true });
    const other = await certificate({ subject: 'twin', ca: true });
    const leaf = await certificate({ issuer: mine });
    await assertSame([leaf], [other]);
    await assertSame([leaf, other], []);
    await assertSame([leaf], [other, mine]);
  });

  it('is linked to an issuer whose name is the same in another encoding', async () => {
    const pair = await keyPair('p256');
    const named = (type) => new x509.Name([{ CN: [{ [type]: 'Encoded  Otherwise' }] }]);
    const name = named('utf8String');
    const made = await x509.X509CertificateGenerator.create({
      subject: name,
      issuer: name,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + DAY),
      publicKey: pair.publicKey,
      signingKey: pair.privateKey,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    const root = { pem: `${made.toString('pem')}\n`, der: Buffer.from(made.rawData) };
    const leaf = await certificate({ issuer: { name: named('printableString'), pair } });
    assert.notEqual(certificateFields(leaf.der).issuer, certificateFields(root.der).subject);
    assert.equal(linked(await assertSame([leaf], [root])), 2);
    assert.equal(linked(await assertSame([leaf, root], [])), 2);
  });

  it('is linked to a root that Node brings along', async () => {
    for (const pem of tls.rootCertificates) {
      const root = new x509.X509Certificate(pem);
      const { privateKey } = await keyPair('p256');
      const pair = { publicKey: root.publicKey, privateKey };
      const leaf = await certificate({ issuer: { name: root.subjectName, pair } });
      const store = new X509Certificate(pem);
      if (!new X509Certificate(leaf.der).checkIssued(store)) continue;
      const shown = await assertSame([leaf], [], { defaults: true });
      assert.equal(shown.issuerCertificate.fingerprint256, store.fingerprint256);
      return;
    }
    assert.fail('no bundled root can be named as an issuer');
  });

  it('of two that certify one another ends', async () => {
    const [one, two] = await Promise.all([
      certificate({ subject: 'one', ca: true }),
      certificate({ subject: 'two', ca: true }),
    ]);
    const crossed = [
      await certificate({ subject: 'one', key: one.pair, issuer: two, ca: true }),
      await certificate({ subject: 'two', key: two.pair, issuer: one, ca: true }),
    ];
    const leaf = await certificate({ issuer: one });
    // No comparison: Node would link them for ever.
    const peer = new PeerCertificates([leaf.der], roots(...crossed));
    assert.equal(linked(peer.legacy(true)), 4);
  });

  it('of an issuer whose key Node cannot show ends no process', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const offCurve = Buffer.from(spki);
    offCurve[offCurve.length - 1] ^= 1;
    const { privateKey } = await keyPair('p256');
    for (const key of [spki, offCurve]) {
      const pair = { publicKey: new x509.PublicKey(key), privateKey };
      const odd = await certificate({ subject: 'odd', key: pair, ca: true });
      const leaf = await certificate({ issuer: odd });
      if (nodeMajor < 24) {
        // No server of Node's shows the other one.
        if (key === spki) await assertSame([leaf, odd], []);
        continue;
      }
      // No comparison: Node itself would end.
      const shown = new PeerCertificates([leaf.der, odd.der], roots()).legacy(true);
      assert.equal(shown.subject.CN, 'localhost');
      assert.equal(shown.issuerCertificate, undefined);
      assert.deepEqual(new PeerCertificates([odd.der], roots(odd)).legacy(true), {});
    }
  });

  it('is empty where there is none, or none that can be read', () => {
    for (const chain of [[], [Buffer.from('no certificate')], [Buffer.alloc(0)]]) {
      const peer = new PeerCertificates(chain, roots());
      assert.deepEqual(peer.legacy(false), {});
      assert.deepEqual(peer.legacy(true), {});
      assert.equal(peer.x509(), undefined);
    }
  });

  it('stands whatever rubbish comes with it', async () => {
    const { root, intermediate, server } = await pki();
    const rubbish = [Buffer.alloc(0), Buffer.from([0x30]), Buffer.from([0x30, 0x84, 9, 9, 9, 9])];
    const known = { bundled: rubbish, own: [...rubbish, root.der] };
    const peer = new PeerCertificates([server.der, ...rubbish, intermediate.der], known);
    assert.equal(linked(peer.legacy(true)), 3);
  });

  it('is kept read for the chains met last, and for their roots alone', async () => {
    const { server } = await pki();
    const known = roots();
    let reads = 0;
    const met = (id, trusted = known) =>
      peerCertificates(id, trusted, () => {
        reads++;
        return [server.der];
      });
    const first = met(1);
    for (let id = 2; id <= 64; id++) met(id);
    assert.equal(met(1), first);
    assert.equal(reads, 64);
    assert.notEqual(met(1, roots()), first);
    met(65);
    assert.equal(met(1), first);
    assert.equal(reads, 66);
    met(2);
    assert.equal(reads, 67);
  });

  it('is new each time it is asked for', async () => {
    const { root, intermediate, server } = await pki();
    const peer = new PeerCertificates([server.der, intermediate.der], roots(root));
    const first = peer.legacy(true);
    first.subject.CN = 'changed';
    first.raw[0] = 0;
    first.issuerCertificate.issuerCertificate.subject.CN = 'changed';
    const second = peer.legacy(true);
    assert.equal(second.subject.CN, 'localhost');
    assert.equal(second.raw[0], 0x30);
    assert.equal(second.issuerCertificate.issuerCertificate.subject.CN, 'oxagent test root');
  });
});
