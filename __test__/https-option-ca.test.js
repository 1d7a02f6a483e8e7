'use strict';

// Whom the option `ca` trusts, in each of its forms.

const assert = require('node:assert/strict');
const { answer, dispose, failure, getSecure, httpsAgentWith } = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { outcome, sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent option ca', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let root;
  let intermediate;
  let stranger;
  before(async () => {
    ({ root, intermediate } = await pki());
    stranger = await certificate({ subject: 'stranger', ca: true });
  });

  async function verdict(site, options) {
    const agent = httpsAgentWith(options);
    const told = await outcome({ port: site.port, agent }, ({ authorized }) => ({ authorized }));
    return told.authorized ? 'answered' : told;
  }

  const FORMS = {
    'a string': () => root.pem,
    'a Buffer': () => Buffer.from(root.pem),
    'a Uint8Array': () => new Uint8Array(Buffer.from(root.pem)),
    'a DataView': () => {
      const bytes = new Uint8Array(Buffer.from(root.pem));
      return new DataView(bytes.buffer);
    },
    'a view into a larger buffer': () => {
      const before = Buffer.from(stranger.pem);
      const all = Buffer.concat([before, Buffer.from(root.pem)]);
      return all.subarray(before.length);
    },
    'an array of strings': () => [stranger.pem, root.pem],
    'an array of a string and a Buffer': () => [stranger.pem, Buffer.from(root.pem)],
    'several certificates in one string': () => stranger.pem + root.pem,
    'several certificates in one Buffer': () => Buffer.from(root.pem + stranger.pem),
    'a string with text around the certificates': () =>
      `# a comment\n${stranger.pem}\nRoot\n====\n${root.pem}\nthe end\n`,
    'a string with CRLF line ends': () => root.pem.replaceAll('\n', '\r\n'),
    'a string without its last line end': () => root.pem.trimEnd(),
    'the root and the intermediate': () => [intermediate.pem, root.pem],
    'the root twice': () => [root.pem, root.pem],
    'a TRUSTED-free bundle of forty': () => stranger.pem.repeat(39) + root.pem,
    'X509 CERTIFICATE labels': () => root.pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'),
  };

  describe('trusts', () => {
    for (const [what, make] of Object.entries(FORMS)) {
      it(what, async () => {
        const site = await serveTls();
        assert.equal(await verdict(site, { ca: make() }), 'answered');
        assert.equal(site.handshakes, 1);
      });
    }

    it('a self-signed server that is listed', async () => {
      const leaf = await selfSigned();
      const site = await serveTls({ cert: leaf.pem, key: leaf.key });
      assert.equal(await verdict(site, { ca: leaf.pem }), 'answered');
      assert.equal(await verdict(site, { ca: [stranger.pem, leaf.pem] }), 'answered');
    });

    it('by an intermediate that only ca has', async () => {
      const { server } = await pki();
      const site = await serveTls({ cert: server.pem, key: server.key });
      assert.equal(await verdict(site, { ca: [root.pem, intermediate.pem] }), 'answered');
      assert.match(
        await verdict(site, { ca: root.pem }),
        /^failed UNABLE_TO_VERIFY_LEAF_SIGNATURE: /,
      );
    });

    it('of a request where the agent has none', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ keepAlive: true });
      await answer(getSecure({ port: site.port, ca: root.pem, agent }));
      await answer(getSecure({ port: site.port, ca: [Buffer.from(root.pem)], agent }));
      assert.equal(site.connections, 1);
    });

    it("of the agent before a request's", async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca: root.pem });
      await answer(getSecure({ port: site.port, ca: stranger.pem, agent }));
      const strange = httpsAgentWith({ ca: stranger.pem });
      const error = await failure(getSecure({ port: site.port, ca: root.pem, agent: strange }));
      assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    });
  });

  // Each is given to both agents in one run: what Node refuses, with which words, is refused.
  const REFUSED = {
    'a stranger': () => stranger.pem,
    'an empty array': () => [],
    'the intermediate alone': () => intermediate.pem,
    'the CA-issued leaf itself': async () => (await pki()).server.pem,
    'no PEM at all': () => 'garbage',
    'DER, as Node ignores it': () => root.der,
    'a certificate cut short': () => root.pem.slice(0, 200),
    'a private key': () => root.key,
    'another root of the same name': async () =>
      (await certificate({ subject: root.subject, ca: true })).pem,
  };

  describe('does not trust', () => {
    for (const [what, make] of Object.entries(REFUSED)) {
      it(what, async () => {
        const site = await serveTls();
        const ca = await make();
        assert.match(await sameAsNode(site, { ca }), /^failed /);
        assert.equal(site.requests, 0);
      });
    }

    for (const ca of [null, undefined, '', false]) {
      it(`more than by default when it is ${JSON.stringify(ca)}`, async () => {
        const site = await serveTls();
        const ended = await sameAsNode(site, { ca });
        assert.match(ended, /^failed UNABLE_TO_GET_ISSUER_CERT_LOCALLY: /);
      });
    }
  });

  for (const [what, ca] of [
    ['a number', 1],
    ['an object', {}],
    ['true', true],
    ['an array with a number', ['x', 1]],
    ['an array with undefined', [undefined]],
    ['a function', () => {}],
  ]) {
    it(`that is ${what} throws as Node's agent throws`, async () => {
      const site = await serveTls();
      assert.match(await sameAsNode(site, { ca }), /^thrown ERR_INVALID_ARG_TYPE: /);
      assert.equal(site.connections, 0);
    });
  }
});
