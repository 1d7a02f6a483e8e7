'use strict';

// A server that asks for the client's certificate lists the signatures that it takes. OpenSSL makes
// some that rustls doesn't: then Node's TLS shows the certificate, and nobody is taken for anonymous.

const assert = require('node:assert');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  differs,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  stock,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, observe } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

// [the client's key, what the server lists for it, whether rustls has one of these]
const TLS_1_2 = [
  ['p256', 'ECDSA+SHA224', false],
  ['p256', 'ECDSA+SHA256', true],
  ['p256', 'ECDSA+SHA384', false],
  ['p256', 'ECDSA+SHA512', false],
  ['p384', 'ECDSA+SHA256', false],
  ['p384', 'ECDSA+SHA384', true],
  ['p384', 'ECDSA+SHA512', false],
  ['p521', 'ECDSA+SHA256', false],
  ['p521', 'ECDSA+SHA384', false],
  // Signed as it should be; but OpenSSL's servers refuse a curve that the client's hello does not name.
  ['p521', 'ECDSA+SHA512', false],
  ['rsa', 'RSA+SHA224', false],
  ['rsa', 'RSA+SHA256', true],
  ['rsa', 'RSA+SHA384', true],
  ['rsa', 'RSA+SHA512', true],
  ['rsa', 'RSA-PSS+SHA256', true],
  ['rsa', 'RSA+SHA224:RSA-PSS+SHA512', true],
  ['ed25519', 'ed25519', true],
];

// A curve has one hash there, and RSA has PSS: what rustls can't do OpenSSL can't either.
const TLS_1_3 = [
  ['p256', 'ECDSA+SHA256', true],
  ['p256', 'ECDSA+SHA384', false],
  ['p384', 'ECDSA+SHA256', false],
  ['p384', 'ECDSA+SHA384', true],
  ['p521', 'ECDSA+SHA512', true],
  ['rsa', 'RSA-PSS+SHA384', true],
  ['rsa', 'RSA+SHA256', false],
  ['ed25519', 'ed25519', true],
];

describe('TLS: the signature of the client certificate', () => {
  afterEach(cleanUp);

  let root;
  const servers = {};
  const clients = {};

  before(async () => {
    ({ root } = await pki());
    for (const key of ['p256', 'rsa']) servers[key] = await certificate({ issuer: root, key });
    for (const key of ['p256', 'p384', 'p521', 'rsa', 'ed25519']) {
      clients[key] = await certificate({ subject: `a ${key} key`, issuer: root, key, names: [] });
    }
  });

  // Its own signature is of another kind than the client's, so that the list is free for that.
  function asking(version, key, list) {
    const [own, ownScheme] =
      key === 'rsa' ? ['p256', 'ECDSA+SHA256'] : ['rsa', 'RSA+SHA256:RSA-PSS+SHA256'];
    const { key: ownKey, chain } = servers[own];
    const options = {
      key: ownKey,
      cert: chain,
      ca: root.pem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      sigalgs: `${list}:${ownScheme}`,
    };
    return serveTls(options, ({ socket }, res) => {
      res.end(JSON.stringify([socket.getPeerCertificate().subject?.CN, socket.authorized]));
    });
  }

  const optionsFor = (key) => ({
    ca: root.pem,
    key: clients[key].key,
    cert: clients[key].chain,
    maxCachedSessions: 0,
  });

  for (const [version, cases] of [
    ['TLSv1.2', TLS_1_2],
    ['TLSv1.3', TLS_1_3],
  ]) {
    for (const [key, list, fits] of cases) {
      it(`${version}: a ${key} key where ${list} is listed`, async () => {
        const site = await asking(version, key, list);
        const at = { port: site.port };
        const node = await answer(getSecure({ ...at, agent: nodeAgentWith(optionsFor(key)) }));
        const agent = httpsAgentWith(optionsFor(key));
        const before = site.connections;
        const first = await answer(getSecure({ ...at, agent }));
        if (!stock) assert.strictEqual(site.connections - before, fits ? 1 : 2);
        const second = await answer(getSecure({ ...at, agent }));
        for (const { body, socket } of [first, second]) {
          assert.strictEqual(body, node.body);
          if (!stock) assert.strictEqual(socket.transport, fits ? 'rustls' : 'node');
        }
        // The server is remembered.
        if (!stock) assert.strictEqual(site.connections - before, fits ? 2 : 3);
        const shown = version === 'TLSv1.2' || fits ? `a ${key} key` : undefined;
        assert.deepStrictEqual(JSON.parse(node.body), [shown ?? null, shown !== undefined]);
        assertIdle(agent);
      });
    }
  }

  it("the issuers that the server names don't matter", async () => {
    const stranger = await certificate({ subject: 'a stranger', ca: true });
    const { key, chain } = servers.p256;
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const site = await serveTls(
        {
          key,
          cert: chain,
          ca: stranger.pem,
          requestCert: true,
          rejectUnauthorized: false,
          maxVersion: version,
        },
        ({ socket }, res) => res.end(socket.getPeerCertificate().subject?.CN),
      );
      for (const agent of [nodeAgentWith(optionsFor('p256')), httpsAgentWith(optionsFor('p256'))]) {
        const { body } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(body, 'a p256 key');
      }
    }
  });

  differs('it has one transport')("transport: 'rustls' fails, and shows nobody", async () => {
    const site = await asking('TLSv1.2', 'p256', 'ECDSA+SHA384');
    const agent = httpsAgentWith({ ...optionsFor('p256'), transport: 'rustls' });
    const { error } = await observe(agent, { port: site.port });
    assert.strictEqual(error.code, 'ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM');
    assert.strictEqual(site.requests, 0);
    assert.strictEqual(site.handshakes, 0);
    assert.strictEqual(site.connections, 1);
    assertIdle(agent);
  });

  it('a resumed session keeps the certificate', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const site = await asking(version, 'p256', 'ECDSA+SHA256');
      const agent = httpsAgentWith({ ...optionsFor('p256'), maxCachedSessions: 100 });
      for (let i = 0; i < 2; i++) {
        const { body } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(JSON.parse(body)[0], 'a p256 key');
      }
      assert.strictEqual(site.resumed, 1, version);
    }
  });
});
