'use strict';

// Before a chain that is new counts as good, the runtime's own TLS library looks at it.

const assert = require('node:assert/strict');
const { PeerCertificates } = require('../lib/tls/peer-certificate');
const { isSound } = require('../lib/tls/vetting');
const der = require('./support/der');
const { Forge, extension } = require('./support/chains');

const {
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  stock,
} = require('./support/https-agent');
const { countCalls, replaceNative, restoreNative } = require('./support/native');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const forge = new Forge();
const ders = (list) => list.map((one) => one.der);

function judged({ sent, ca }, trusted = ca.at(-1)) {
  const peer = new PeerCertificates(ders(sent), { bundled: [], own: [] });
  return isSound(ders([...sent, trusted]), peer.certificates);
}

async function siteOf({ sent }, options) {
  const cert = sent.map(({ pem }) => pem).join('');
  return serveTls({ key: sent[0].key, cert, ...options });
}

describe('vetting', function () {
  this.timeout(20_000);
  afterEach(restoreNative);
  afterEach(dispose);
  afterEach(closeServers);

  it('finds nothing against a good path', () => {
    assert.equal(judged(forge.chain()), true);
  });

  for (const place of ['root', 'intermediate', 'leaf']) {
    it(`refuses a path whose ${place} has an extension that is malformed`, () => {
      const extensions = [extension('2.5.29.31', der.integer(1))];
      assert.equal(judged(forge.chain({ [place]: { extensions } })), false);
    });
  }

  it("refuses what the next did not issue, and what can't be read", () => {
    const plan = forge.chain();
    assert.equal(judged(plan, forge.root({ subject: 'another' })), false);
    const unreadable = { der: plan.leaf.der.subarray(1) };
    const [leaf, intermediate] = plan.sent;
    assert.equal(judged({ ...plan, sent: [leaf, unreadable, intermediate] }), false);
    const { certificates } = new PeerCertificates(ders([leaf, unreadable]), {});
    assert.equal(isSound(ders([leaf, intermediate, plan.root]), certificates), false);
  });

  it('happens once for a chain, whatever agent meets it', async function () {
    if (stock) this.skip();
    const plan = forge.chain();
    const looks = countCalls('vet');
    const sites = [await siteOf(plan), await siteOf(plan, { maxVersion: 'TLSv1.2' })];
    for (const own of [{}, { checkServerIdentity: () => undefined }]) {
      for (const site of sites) {
        const agent = httpsAgentWith({ ca: [plan.root.pem], ...own });
        for (let i = 0; i < 2; i++) {
          const { socket } = await answer(getSecure({ port: site.port, agent }));
          assert.equal(socket.transport, 'rustls');
          await closed(socket);
        }
      }
    }
    assert.equal(looks.count, 1);
    const other = forge.chain();
    const agent = httpsAgentWith({ ca: other.root.pem });
    await answer(getSecure({ port: (await siteOf(other)).port, agent }));
    assert.equal(looks.count, 2);
  });

  it("leaves what it refuses to Node's TLS, and to nobody with transport rustls", async function () {
    if (stock) this.skip();
    const plan = forge.chain();
    replaceNative('unvettedPath', () => ders([plan.leaf, plan.root]));
    for (const own of [{}, { checkServerIdentity: () => assert.fail('it was asked') }]) {
      const site = await siteOf(plan);
      const options = { ca: plan.root.pem, ...own, transport: 'rustls' };
      const error = await failure(getSecure({ port: site.port, agent: httpsAgentWith(options) }));
      assert.equal(error.code, 'UNSPECIFIED');
      assert.equal(site.requests, 0);
      const lax = httpsAgentWith({ ...options, rejectUnauthorized: false });
      const seen = await answer(getSecure({ port: site.port, agent: lax }));
      assert.equal(seen.socket.authorized, false);
    }
    const site = await siteOf(plan);
    const agent = httpsAgentWith({ ca: plan.root.pem });
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(socket.transport, 'node');
    assert.equal(socket.authorized, true);
  });

  it('and all who are shown a certificate read its own bytes, whatever text is in them', async () => {
    const victim = forge.leaf(forge.root(), { names: ['localhost', '127.0.0.1'] });
    const note = extension('1.3.6.1.4.1.55555.9', Buffer.from(`\n${victim.pem}`));
    const plan = forge.chain({ leaf: { names: ['evil.test'], extensions: [note] } });
    assert.equal(judged(plan), true);
    const site = await siteOf(plan);
    let asked;
    const checkServerIdentity = (_, { subjectaltname }) => {
      asked = subjectaltname;
      return undefined;
    };
    const own = httpsAgentWith({ ca: plan.root.pem, keepAlive: true, checkServerIdentity });
    const { socket } = await answer(getSecure({ port: site.port, agent: own }));
    assert.equal(asked, 'DNS:evil.test');
    assert.equal(socket.getPeerX509Certificate().subjectAltName, 'DNS:evil.test');
    const agent = httpsAgentWith({ ca: plan.root.pem });
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal(site.requests, 1);
  });
});
