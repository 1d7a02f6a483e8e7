'use strict';

// Whom a client trusts that was not told whom to trust: what the running Node trusts, by each way
// that a user has to say so.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { dispose } = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const REFUSED = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
const INSECURE =
  "Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections " +
  'and HTTPS requests insecure by disabling certificate verification.';

// `it` where the running Node has the feature, else a pending test that says so.
function where(has, what) {
  return has ? it : (title) => it(`${title} [this Node has no ${what}]`);
}

const flags = process.allowedNodeEnvironmentFlags;
const withSystemCa = where(flags.has('--use-system-ca'), '--use-system-ca');
const withSetDefault = where(tls.setDefaultCACertificates, 'tls.setDefaultCACertificates');

// Nothing of the environment of whoever runs the tests may count.
const NEUTRAL = {
  NODE_EXTRA_CA_CERTS: '',
  NODE_OPTIONS: '',
  NODE_TLS_REJECT_UNAUTHORIZED: '',
  SSL_CERT_FILE: '',
  SSL_CERT_DIR: '',
};

describe('HttpsAgent trust by default', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let directory;
  let root;
  let stranger;
  const files = {};
  before(async () => {
    ({ root } = await pki());
    stranger = await certificate({ subject: 'stranger', ca: true });
    directory = fs.mkdtempSync(path.join(tmpdir(), 'trust-'));
    const texts = {
      root: root.pem,
      bundle: `# ours\n${stranger.pem}\n${root.pem}`,
      stranger: stranger.pem,
      empty: '',
    };
    for (const [name, text] of Object.entries(texts)) {
      files[name] = path.join(directory, `${name}.pem`);
      fs.writeFileSync(files[name], text);
    }
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  async function outcomes(steps, { env, execArgv } = {}) {
    const ended = await run('https-steps.js', [JSON.stringify(steps)], {
      env: { ...NEUTRAL, ...env },
      execArgv,
    });
    return { ...result(ended), stderr: ended.stderr };
  }

  async function visited(options, request) {
    const site = await serveTls();
    const told = await outcomes([{ request: { port: site.port, ...request } }], options);
    if (told.outcomes[0] === REFUSED) assert.equal(site.requests, 0);
    return told.outcomes[0];
  }

  it('is not of an unknown CA', async () => {
    assert.equal(await visited(), REFUSED);
  });

  it('is not of a self-signed server', async () => {
    const leaf = await selfSigned();
    const site = await serveTls({ cert: leaf.pem, key: leaf.key });
    const told = await outcomes([{ request: { port: site.port } }]);
    assert.deepEqual(told.outcomes, ['DEPTH_ZERO_SELF_SIGNED_CERT']);
    assert.deepEqual(told.warnings, []);
  });

  describe('NODE_EXTRA_CA_CERTS', () => {
    for (const [what, name, expected] of [
      ['adds a root', 'root', 'answered true'],
      ['adds each of a bundle', 'bundle', 'answered true'],
      ['of a stranger adds nobody else', 'stranger', REFUSED],
      ['of an empty file adds nobody', 'empty', REFUSED],
    ]) {
      it(what, async () => {
        assert.equal(await visited({ env: { NODE_EXTRA_CA_CERTS: files[name] } }), expected);
      });
    }

    it('of no file adds nobody', async () => {
      const env = { NODE_EXTRA_CA_CERTS: path.join(directory, 'nowhere.pem') };
      assert.equal(await visited({ env }), REFUSED);
    });

    it('does not count where ca is given', async () => {
      const env = { NODE_EXTRA_CA_CERTS: files.root };
      assert.equal(await visited({ env }, { ca: stranger.pem }), REFUSED);
      assert.equal(await visited({ env }, { ca: [] }), REFUSED);
    });

    it('is read when the process starts, not later', async () => {
      const site = await serveTls();
      const told = await outcomes([
        { env: ['NODE_EXTRA_CA_CERTS', files.root] },
        { request: { port: site.port } },
      ]);
      assert.deepEqual(told.outcomes, [REFUSED]);
    });
  });

  describe('--use-openssl-ca', () => {
    const execArgv = ['--use-openssl-ca'];

    it('trusts SSL_CERT_FILE', async () => {
      const env = { SSL_CERT_FILE: files.root };
      assert.equal(await visited({ execArgv, env }), 'answered true');
    });

    it('trusts nobody else', async () => {
      const env = { SSL_CERT_FILE: files.stranger, SSL_CERT_DIR: directory };
      assert.equal(await visited({ execArgv, env }), REFUSED);
    });

    it('and NODE_EXTRA_CA_CERTS are both trusted', async () => {
      const env = { SSL_CERT_FILE: files.stranger, NODE_EXTRA_CA_CERTS: files.root };
      assert.equal(await visited({ execArgv, env }), 'answered true');
    });

    it('in NODE_OPTIONS is the same', async () => {
      const env = { NODE_OPTIONS: '--use-openssl-ca', SSL_CERT_FILE: files.root };
      assert.equal(await visited({ env }), 'answered true');
    });

    it('is needed for SSL_CERT_FILE to count', async () => {
      assert.equal(await visited({ env: { SSL_CERT_FILE: files.root } }), REFUSED);
    });
  });

  describe('--use-system-ca', () => {
    const execArgv = ['--use-system-ca'];

    withSystemCa('trusts SSL_CERT_FILE', async () => {
      const env = { SSL_CERT_FILE: files.root };
      assert.equal(await visited({ execArgv, env }), 'answered true');
    });

    withSystemCa('trusts nobody else', async () => {
      const env = { SSL_CERT_FILE: files.stranger };
      assert.equal(await visited({ execArgv, env }), REFUSED);
    });

    withSystemCa('in NODE_OPTIONS is the same', async () => {
      const env = { NODE_OPTIONS: '--use-system-ca', SSL_CERT_FILE: files.bundle };
      assert.equal(await visited({ env }), 'answered true');
    });
  });

  describe('tls.setDefaultCACertificates()', () => {
    withSetDefault('counts from the next connection on, and may be taken back', async () => {
      const site = await serveTls();
      const request = { port: site.port };
      const told = await outcomes([
        { request },
        { trust: [root.pem] },
        { request },
        { trust: [stranger.pem] },
        { request },
        { trust: [stranger.pem, root.pem] },
        { request },
        { trust: [] },
        { request },
      ]);
      assert.deepEqual(told.outcomes, [
        REFUSED,
        'answered true',
        REFUSED,
        'answered true',
        REFUSED,
      ]);
      assert.equal(site.requests, 2);
    });

    withSetDefault('does not count where ca is given', async () => {
      const site = await serveTls();
      const told = await outcomes([
        { trust: [root.pem] },
        { request: { port: site.port, ca: stranger.pem } },
        { trust: [stranger.pem] },
        { request: { port: site.port, ca: root.pem } },
      ]);
      assert.deepEqual(told.outcomes, [REFUSED, 'answered true']);
    });
  });

  describe('NODE_TLS_REJECT_UNAUTHORIZED', () => {
    for (const [value, expected] of [
      ['0', `answered ${REFUSED}`],
      ['1', REFUSED],
      ['', REFUSED],
      ['false', REFUSED],
      ['00', REFUSED],
    ]) {
      it(`${JSON.stringify(value)} ${expected === REFUSED ? 'refuses' : 'accepts'}`, async () => {
        const site = await serveTls();
        const steps = [{ request: { port: site.port } }, { request: { port: site.port } }];
        const told = await outcomes(steps, { env: { NODE_TLS_REJECT_UNAUTHORIZED: value } });
        assert.deepEqual(told.outcomes, [expected, expected]);
        // Said once a process, however many connections.
        assert.deepEqual(told.warnings, value === '0' ? [INSECURE] : []);
      });
    }

    it('is read at each connection', async () => {
      const site = await serveTls();
      const request = { port: site.port };
      const told = await outcomes([
        { request },
        { env: ['NODE_TLS_REJECT_UNAUTHORIZED', '0'] },
        { request },
        { env: ['NODE_TLS_REJECT_UNAUTHORIZED', '1'] },
        { request },
        { env: ['NODE_TLS_REJECT_UNAUTHORIZED', '0'] },
        { request },
        { env: ['NODE_TLS_REJECT_UNAUTHORIZED', null] },
        { request },
      ]);
      const accepted = `answered ${REFUSED}`;
      assert.deepEqual(told.outcomes, [REFUSED, accepted, REFUSED, accepted, REFUSED]);
      assert.deepEqual(told.warnings, [INSECURE]);
      assert.equal(site.requests, 2);
    });

    it('is overruled by rejectUnauthorized', async () => {
      const site = await serveTls();
      const { port } = site;
      const told = await outcomes(
        [
          { request: { port, rejectUnauthorized: true } },
          { request: { port, rejectUnauthorized: false } },
          { env: ['NODE_TLS_REJECT_UNAUTHORIZED', '1'] },
          { request: { port, rejectUnauthorized: false } },
        ],
        { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
      );
      const accepted = `answered ${REFUSED}`;
      assert.deepEqual(told.outcomes, [REFUSED, accepted, accepted]);
    });

    it('leaves no session behind that would be trusted without it', async () => {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        const leaf = await selfSigned();
        const site = await serveTls({ cert: leaf.pem, key: leaf.key, maxVersion });
        const kept = { port: site.port, headers: { connection: 'close' } };
        const told = await outcomes([
          { env: ['NODE_TLS_REJECT_UNAUTHORIZED', '0'] },
          { kept },
          { kept },
          { env: ['NODE_TLS_REJECT_UNAUTHORIZED', null] },
          { kept },
        ]);
        const accepted = 'answered DEPTH_ZERO_SELF_SIGNED_CERT';
        assert.deepEqual(told.outcomes, [accepted, accepted, 'DEPTH_ZERO_SELF_SIGNED_CERT']);
      }
    });
  });
});
