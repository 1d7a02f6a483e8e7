'use strict';

// A certificate chain that Node refuses is refused with Node's code and words, before the server
// sees the request; with `rejectUnauthorized: false` the socket says what was wrong with it.

const assert = require('node:assert');
const { answer, getSecure, httpsAgentWith, nodeAgentWith } = require('./support/https-agent');
const { certificate, crl, selfSigned, x509 } = require('./support/certificates');
const { cleanUp } = require('./support/peer');
const { sameFailure } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const DAY = 86_400_000;
const past = { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) };
const future = { notBefore: new Date(Date.now() + DAY), notAfter: new Date(Date.now() + 9 * DAY) };

const authority = (options) => certificate({ subject: 'root', ...options, ca: true });

const leafOf = (certificateOptions) => async () => {
  const root = await authority();
  return served(await certificate({ issuer: root, ...certificateOptions }), root);
};

function served(leaf, trusted, more) {
  return { key: leaf.key, cert: leaf.chain, ca: trusted.pem, ...more };
}

// One bit of the signature changes, and the certificate can still be read.
function forged(leaf) {
  const der = Buffer.from(leaf.der);
  der[der.length - 1] ^= 1;
  return x509.PemConverter.encode(der, 'CERTIFICATE');
}

async function withList(makeList) {
  const root = await authority();
  const leaf = await certificate({ issuer: root });
  return served(leaf, root, { crl: await makeList(root, leaf) });
}

// NameConstraints that permit example.test and nothing else.
function onlyExampleTest() {
  const name = Buffer.from('example.test');
  const wrap = (tag, content) => Buffer.concat([Buffer.from([tag, content.length]), content]);
  const subtrees = wrap(0xa0, wrap(0x30, wrap(0x82, name)));
  return new x509.Extension('2.5.29.30', true, wrap(0x30, subtrees));
}

const CASES = [
  ['an expired leaf', 'CERT_HAS_EXPIRED', leafOf(past)],
  [
    'an expired leaf of an unknown root for another host',
    'CERT_HAS_EXPIRED',
    async () => {
      const leaf = await certificate({
        issuer: await authority(),
        names: ['example.test'],
        ...past,
      });
      return served(leaf, await authority({ subject: 'another' }));
    },
  ],
  [
    'an expired intermediate',
    'CERT_HAS_EXPIRED',
    async () => {
      const root = await authority();
      const middle = await authority({ subject: 'intermediate', issuer: root, ...past });
      return served(await certificate({ issuer: middle }), root);
    },
  ],
  [
    'an expired root',
    'CERT_HAS_EXPIRED',
    async () => {
      const root = await authority(past);
      return served(await certificate({ issuer: root }), root);
    },
  ],
  ['a leaf of tomorrow', 'CERT_NOT_YET_VALID', leafOf(future)],
  [
    'a leaf for clients',
    'INVALID_PURPOSE',
    leafOf({ extendedKeyUsage: [x509.ExtendedKeyUsage.clientAuth] }),
  ],
  [
    'a chain longer than the root permits',
    'PATH_LENGTH_EXCEEDED',
    async () => {
      const root = await authority({ pathLength: 0 });
      const middle = await authority({ subject: 'intermediate', issuer: root });
      return served(await certificate({ issuer: middle }), root);
    },
  ],
  [
    'an intermediate that is no authority',
    'UNSPECIFIED',
    async () => {
      const root = await authority();
      const middle = await certificate({ subject: 'intermediate', issuer: root });
      return served(await certificate({ issuer: middle }), root);
    },
  ],
  [
    'a self-signed leaf',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    async () => served(await selfSigned(), await authority()),
  ],
  [
    'a chain with its own unknown root',
    'SELF_SIGNED_CERT_IN_CHAIN',
    async () => {
      const root = await authority();
      const leaf = await certificate({ issuer: root });
      const made = served(leaf, await authority({ subject: 'another' }));
      return { ...made, cert: leaf.pem + root.pem };
    },
  ],
  [
    'a leaf without its intermediate',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    async () => {
      const root = await authority();
      const middle = await authority({ subject: 'intermediate', issuer: root });
      const leaf = await certificate({ issuer: middle });
      return { ...served(leaf, root), cert: leaf.pem };
    },
  ],
  [
    'an intermediate in `ca` without its root',
    'UNABLE_TO_GET_ISSUER_CERT',
    async () => {
      const middle = await authority({ subject: 'intermediate', issuer: await authority() });
      const leaf = await certificate({ issuer: middle });
      return { ...served(leaf, middle), cert: leaf.pem };
    },
  ],
  [
    'a chain of an unknown root',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    async () => {
      const middle = await authority({ subject: 'intermediate', issuer: await authority() });
      return served(await certificate({ issuer: middle }), await authority({ subject: 'another' }));
    },
  ],
  [
    'a forged leaf',
    'CERT_SIGNATURE_FAILURE',
    async () => {
      const root = await authority();
      const leaf = await certificate({ issuer: root });
      return { ...served(leaf, root), cert: forged(leaf) };
    },
  ],
  [
    'a leaf outside the name constraints of its root',
    'UNSPECIFIED',
    async () => {
      const root = await authority({ extensions: [onlyExampleTest()] });
      return served(await certificate({ issuer: root }), root);
    },
  ],
  [
    'a revoked leaf',
    'CERT_REVOKED',
    () => withList((root, leaf) => crl(root, [leaf.serialNumber])),
  ],
  [
    'a revocation list of last week',
    'CRL_HAS_EXPIRED',
    () =>
      withList((root) => crl(root, [], { thisUpdate: past.notBefore, nextUpdate: past.notAfter })),
  ],
  [
    'a revocation list of tomorrow',
    'CRL_NOT_YET_VALID',
    () =>
      withList((root) =>
        crl(root, [], { thisUpdate: future.notBefore, nextUpdate: future.notAfter }),
      ),
  ],
  [
    "another authority's revocation list",
    'UNABLE_TO_GET_CRL',
    () => withList(async () => crl(await authority({ subject: 'another' }))),
  ],
];

describe('TLS errors: the certificate chain', () => {
  afterEach(cleanUp);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [title, code, make] of CASES) {
      describe(`${title}, ${version}`, () => {
        async function setUp() {
          const { key, cert, ...agentOptions } = await make();
          const site = await serveTls({ key, cert, maxVersion: version });
          return { site, agentOptions };
        }

        it(`fails with ${code}, and the server sees no request`, async () => {
          const { site, agentOptions } = await setUp();
          const { seen, expected } = await sameFailure(site.port, agentOptions, { code });
          assert.strictEqual(site.requests, 0);
          assert.strictEqual(seen.socket.authorized, false);
          assert.strictEqual(seen.socket.authorizationError, expected.socket.authorizationError);
        });

        it(`connects with rejectUnauthorized: false and says ${code}`, async () => {
          const { site, agentOptions } = await setUp();
          const lenient = { ...agentOptions, rejectUnauthorized: false };
          const node = await answer(getSecure({ port: site.port, agent: nodeAgentWith(lenient) }));
          const made = await answer(getSecure({ port: site.port, agent: httpsAgentWith(lenient) }));
          assert.strictEqual(made.res.statusCode, 200);
          assert.strictEqual(site.requests, 2);
          assert.strictEqual(made.socket.authorized, false);
          assert.strictEqual(made.socket.authorizationError, node.socket.authorizationError);
          assert.strictEqual(made.socket.authorizationError, code);
        });
      });
    }
  }
});
