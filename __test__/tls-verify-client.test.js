'use strict';

// The client's certificate, as the server sees it; and a server whose key is not that of its
// certificate.

const assert = require('node:assert/strict');
const der = require('./support/der');
const { Forge, CLIENT, SERVER, future, past, keyPair } = require('./support/chains');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { sameFailure } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');
const { Court } = require('./support/verdicts');

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];

const joined = (...certificates) => certificates.map(({ pem }) => pem).join('');

describe('a client certificate', function () {
  this.timeout(20_000);

  const forge = new Forge();
  const { root, intermediate, leaf, sent } = forge.chain();
  const ca = root.pem;

  afterEach(dispose);
  afterEach(closeServers);

  // A server's CA does not decide alone: it tells its client which issuers it knows.
  const serve = (version, options) =>
    serveTls(
      {
        key: leaf.key,
        cert: joined(...sent),
        maxVersion: version,
        ca,
        requestCert: true,
        ...options,
      },
      ({ socket }, res) => {
        const { subject = {} } = socket.getPeerCertificate();
        const { authorized, authorizationError } = socket;
        res.end(JSON.stringify({ subject: subject.CN, authorized, authorizationError }));
      },
    );

  const client = (options) =>
    forge.leaf(intermediate, { subject: 'client', names: [], purposes: [CLIENT], ...options });

  const shown = (certificate, ...above) => ({
    key: certificate.key,
    cert: joined(certificate, ...above),
  });

  const ofKey = (key) => () => shown(client({ key }), intermediate);

  // What the client is given, and what the server sees of it: the name, and whether it is good.
  const CASES = [
    ['none', () => ({}), undefined, false],
    ['with its intermediate', () => shown(client(), intermediate), 'client', true],
    ['on an RSA key', ofKey('rsa'), 'client', true],
    ['on P-384', ofKey('p384'), 'client', true],
    ['on P-521', ofKey('p521'), 'client', true],
    ['on Ed25519', ofKey('ed25519'), 'client', true],
    ['without its intermediate', () => shown(client()), 'client', false],
    [
      'without its intermediate, which is in ca',
      () => ({ ...shown(client()), ca: [ca, intermediate.pem] }),
      'client',
      true,
    ],
    ['expired', () => shown(client(past), intermediate), 'client', false],
    ['of tomorrow', () => shown(client(future), intermediate), 'client', false],
    ['for servers', () => shown(client({ purposes: [SERVER] }), intermediate), 'client', false],
    ['that signs itself', () => shown(forge.selfSigned({ subject: 'client' })), 'client', false],
    ['without its key', () => ({ cert: client().pem }), undefined, false],
    ['of which there is only the key', () => ({ key: client().key }), undefined, false],
  ];

  for (const version of VERSIONS) {
    for (const [title, make, name, isGood] of CASES) {
      it(`${title}: the server sees what Node's client shows it (${version})`, async () => {
        const site = await serve(version, { rejectUnauthorized: false });
        const options = { ca, ...make() };
        const seen = [];
        for (const agent of [nodeAgentWith(options), httpsAgentWith(options)]) {
          const { body } = await answer(getSecure({ port: site.port, agent }));
          seen.push(JSON.parse(body));
        }
        assert.deepEqual(seen[1], seen[0]);
        assert.equal(seen[1].subject, name);
        assert.equal(seen[1].authorized, isGood);
      });

      it(`${title}: ${isGood ? 'enough' : 'not enough'} for a server that demands one (${version})`, async () => {
        const site = await serve(version);
        const options = { ca, ...make() };
        if (isGood) {
          for (const agent of [nodeAgentWith(options), httpsAgentWith(options)]) {
            const { socket } = await answer(getSecure({ port: site.port, agent }));
            assert.equal(socket.authorized, true);
          }
          assert.equal(site.requests, 2);
          return;
        }
        // The server's alert arrives before the end of its connection, whatever the timing.
        const { port } = await between(site.port, { serverEnded: (link) => link.end() });
        await sameFailure(port, options);
        assert.equal(site.requests, 0);
      });
    }

    it(`that is not that of the key is no certificate (${version})`, async () => {
      const site = await serve(version, { rejectUnauthorized: false });
      const options = { ca, key: client().key, cert: client().pem };
      const outcomes = [];
      for (const make of [nodeAgentWith, httpsAgentWith]) {
        try {
          const req = getSecure({ port: site.port, agent: make(options) });
          outcomes.push((await answer(req)).body);
        } catch (error) {
          outcomes.push(error.code ?? error.message);
        }
      }
      assert.equal(outcomes[1], outcomes[0]);
    });
  }
});

// An EC key that claims the public key of another, so that a server takes it for its certificate's.
function impostor({ publicKey }) {
  const { d } = keyPair('p256').privateKey.export({ format: 'jwk' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat(
    [[4], ...[x, y].map((part) => Buffer.from(part, 'base64url'))].map(Buffer.from),
  );
  const sec1 = der.sequence(
    der.integer(1),
    der.octets(Buffer.from(d, 'base64url')),
    der.tagged(0, der.oid('1.2.840.10045.3.1.7')),
    der.tagged(1, der.bits(point)),
  );
  return der.pem('EC PRIVATE KEY', sec1);
}

describe('a server without the key of its certificate', function () {
  this.timeout(20_000);

  afterEach(dispose);
  after(closeServers);

  for (const version of VERSIONS) {
    it(`is refused (${version})`, async () => {
      const court = await Court.open();
      const made = new Forge('p256').chain();
      const plan = { ...made, key: impostor(made.leaf.pair) };
      court.present(plan, version);
      const { ours, lenient } = await court.compare(plan);
      assert.equal(ours.verdict, 'EPROTO');
      assert.match(ours.error.message, /signature/);
      assert.equal(ours.requests, 0);
      // It is no question of trust.
      assert.equal(lenient.ours.verdict, 'EPROTO');
      assert.equal(court.site.requests, 0);
    });
  }
});
