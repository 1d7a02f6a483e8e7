'use strict';

// A certificate for another host is refused with ERR_TLS_CERT_ALTNAME_INVALID, with the reason,
// the host and the certificate that Node gives.

const assert = require('node:assert');
const { answer, getSecure, httpsAgentWith, nodeAgentWith } = require('./support/https-agent');
const { certificate } = require('./support/certificates');
const { cleanUp } = require('./support/peer');
const { sameFailure } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const code = 'ERR_TLS_CERT_ALTNAME_INVALID';

const CASES = [
  ['another name', { names: ['example.test'] }],
  ['several other names', { names: ['a.example.test', '10.0.0.1', 'b.example.test'] }],
  ['a wildcard over the name', { names: ['*.localhost'] }],
  ['a wildcard two labels up', { names: ['*.example.test'] }, 'a.b.example.test'],
  ['a bare wildcard', { names: ['*'] }],
  ['another common name', { names: [], subject: 'example.test' }],
  ['no name at all', { names: [], subject: 'O=nobody' }],
  ['the name in its subject only', { names: ['example.test'], subject: 'localhost' }],
  ['another address', { names: ['127.0.0.2'] }, ''],
  ['the address as a name', { names: ['localhost'], subject: '127.0.0.1' }, ''],
];

describe('TLS errors: the name', () => {
  afterEach(cleanUp);

  async function setUp(options) {
    const root = await certificate({ subject: 'root', ca: true });
    const leaf = await certificate({ issuer: root, ...options });
    return { site: await serveTls({ key: leaf.key, cert: leaf.chain }), ca: root.pem };
  }

  for (const [title, options, servername = 'localhost'] of CASES) {
    describe(`a certificate with ${title}`, () => {
      it('is refused, with reason, host and certificate', async () => {
        const { site, ca } = await setUp(options);
        const request = { servername };
        const { seen } = await sameFailure(site.port, { ca }, { code, request });
        assert.strictEqual(seen.error.host, servername || '127.0.0.1');
        assert.ok(seen.error.cert.raw);
        assert.strictEqual(site.requests, 0);
        assert.strictEqual(seen.socket.authorized, false);
      });

      it('is taken with rejectUnauthorized: false', async () => {
        const { site, ca } = await setUp(options);
        const lenient = { ca, rejectUnauthorized: false };
        const at = { port: site.port, servername };
        const node = await answer(getSecure({ ...at, agent: nodeAgentWith(lenient) }));
        const made = await answer(getSecure({ ...at, agent: httpsAgentWith(lenient) }));
        assert.strictEqual(made.res.statusCode, 200);
        assert.strictEqual(made.socket.authorized, false);
        assert.strictEqual(made.socket.authorizationError, code);
        assert.strictEqual(node.socket.authorizationError, code);
      });
    });
  }

  it('the error of a checkServerIdentity of the program reaches the request as it is', async () => {
    const { site, ca } = await setUp({});
    const mine = Object.assign(new Error('not this one'), { code: 'MINE' });
    const { seen } = await sameFailure(site.port, { ca, checkServerIdentity: () => mine });
    assert.strictEqual(seen.error, mine);
    assert.strictEqual(site.requests, 0);
  });
});
