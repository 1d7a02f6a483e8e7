'use strict';

// Servers that rustls cannot talk to, and Node can: Node's own transport takes over, unseen but
// for `socket.transport`, and the next connection goes there at once.

const assert = require('node:assert');
const { certificate } = require('./support/certificates');
const {
  answer,
  closed,
  differs,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, observe, sameFailure } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
const tls12 = { maxVersion: 'TLSv1.2' };

// [what the server has, its options, its key, what the client says]
const CASES = [
  ['TLS 1.0 only', { ...old, maxVersion: 'TLSv1' }, 'rsa', old],
  ['TLS 1.1 only', { ...old, maxVersion: 'TLSv1.1' }, 'rsa', old],
  ['RSA key exchange only', { ...tls12, ciphers: 'AES128-GCM-SHA256' }, 'rsa'],
  ['CBC suites only', { ...tls12, ciphers: 'ECDHE-ECDSA-AES256-SHA384' }, 'p256'],
  ['CBC suites with SHA-1 only', { ...tls12, ciphers: 'ECDHE-RSA-AES128-SHA' }, 'rsa'],
  ['CCM suites only', { ...tls12, ciphers: 'ECDHE-ECDSA-AES128-CCM' }, 'p256'],
  [
    'finite-field key exchange only',
    { ...tls12, ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' },
    'rsa',
  ],
  ['P-521 only, TLS 1.2', { ...tls12, ecdhCurve: 'P-521' }, 'p256'],
  ['P-521 only, TLS 1.3', { ecdhCurve: 'P-521' }, 'p256'],
  ['X448 only', { ecdhCurve: 'X448' }, 'p256'],
];

describe('TLS errors: servers for the other transport', () => {
  afterEach(cleanUp);

  // The server answers with what it sees of the connection.
  async function setUp(options, key) {
    const root = await certificate({ subject: 'root', ca: true });
    const leaf = await certificate({ issuer: root, key });
    const site = await serveTls({ key: leaf.key, cert: leaf.chain, ...options }, (req, res) => {
      const { socket } = req;
      const chunks = [];
      req.on('data', (chunk) => chunks.push(chunk));
      req.on('end', () => {
        const payload = Buffer.concat(chunks).toString();
        const cipher = socket.getCipher().name;
        res.end(JSON.stringify({ protocol: socket.getProtocol(), cipher, payload }));
      });
    });
    return { site, ca: root.pem };
  }

  const told = ({ body }) => JSON.parse(body);

  for (const [title, options, key, clientOptions = {}] of CASES) {
    describe(`a server with ${title}`, () => {
      it('is spoken to as Node does, and at once the second time', async () => {
        const { site, ca } = await setUp(options, key);
        const agentOptions = { ca, ...clientOptions };
        const at = { port: site.port };
        const expected = await answer(getSecure({ ...at, agent: nodeAgentWith(agentOptions) }));
        const agent = httpsAgentWith(agentOptions);
        const first = await answer(getSecure({ ...at, agent }));
        const used = site.connections;
        const second = await answer(getSecure({ ...at, agent }));
        assert.strictEqual(site.connections, used + 1);
        assert.strictEqual(site.requests, 3);
        for (const made of [first, second]) {
          assert.deepStrictEqual(told(made), told(expected));
          assert.strictEqual(made.socket.authorized, true);
          if (!stock) assert.strictEqual(made.socket.transport, 'node');
        }
      });
    });
  }

  const [, cbc, cbcKey] = CASES.find(([title]) => title.startsWith('CBC'));

  it('is known again by other agents whose ca is the same, be it another Buffer', async () => {
    const { site, ca } = await setUp({ ...tls12, ciphers: 'ECDHE-ECDSA-AES256-SHA384' }, 'p256');
    const seen = [];
    for (let i = 0; i < 3; i++) {
      const agent = httpsAgentWith({ ca: Buffer.from(ca) });
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      await closed(socket);
      seen.push(site.connections);
    }
    assert.deepStrictEqual(seen, stock ? [1, 2, 3] : [2, 3, 4]);
  });

  it('shows the events of one connection', async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const steps = ({ events }) =>
      events.filter((name) => /connect|secureConnect|response|error/.test(name));
    const expected = await observe(nodeAgentWith({ ca }), { port: site.port });
    const agent = httpsAgentWith({ ca });
    const seen = await observe(agent, { port: site.port });
    assert.deepStrictEqual(steps(seen), steps(expected));
    assertIdle(agent);
  });

  it('sends a body once', async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const payload = 'x'.repeat(200_000);
    const req = requestSecure({ port: site.port, method: 'POST', agent: httpsAgentWith({ ca }) });
    req.end(payload);
    assert.strictEqual(told(await answer(req)).payload, payload);
    assert.strictEqual(site.requests, 1);
  });

  it('serves many requests that begin at once', async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const agent = httpsAgentWith({ ca, maxSockets: 4 });
    const all = await Promise.all(
      Array.from({ length: 12 }, () => answer(getSecure({ port: site.port, agent }))),
    );
    assert.strictEqual(all.length, 12);
    for (const made of all) assert.strictEqual(told(made).cipher, cbc.ciphers);
    assert.strictEqual(site.requests, 12);
    await Promise.all(all.map(({ socket }) => closed(socket)));
    assertIdle(agent);
  });

  it('keeps the connection alive', async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const first = await answer(getSecure({ port: site.port, agent }));
    const second = await answer(getSecure({ port: site.port, agent }));
    assert.strictEqual(second.socket, first.socket);
    assert.strictEqual(site.handshakes, 1);
  });

  it('judges the certificate as strictly', async () => {
    const { site } = await setUp(cbc, cbcKey);
    const { pem } = await certificate({ subject: 'another', ca: true });
    const code = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
    await sameFailure(site.port, { ca: pem }, { code });
    assert.strictEqual(site.requests, 0);
  });

  it('fails as Node does where neither transport may speak the version', async () => {
    const { site, ca } = await setUp({ ...old, maxVersion: 'TLSv1.1' }, 'rsa');
    await sameFailure(site.port, { ca }, { code: 'EPROTO' });
    await sameFailure(site.port, { ca }, { start: requestSecure });
  });

  differs('it has one transport')("transport: 'rustls' does not fall back", async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const agent = httpsAgentWith({ ca, transport: 'rustls' });
    const { error } = await observe(agent, { port: site.port });
    assert.strictEqual(error.code, 'EPROTO');
    assert.match(error.message, /alert number 40\n$/);
    assert.strictEqual(site.connections, 1);
    assertIdle(agent);
  });

  it("transport: 'node' goes there at once", async () => {
    const { site, ca } = await setUp(cbc, cbcKey);
    const agent = httpsAgentWith({ ca, transport: 'node' });
    const made = await answer(getSecure({ port: site.port, agent }));
    assert.strictEqual(told(made).cipher, cbc.ciphers);
    assert.strictEqual(site.connections, 1);
  });
});
