'use strict';

// Whom a plan trusts: the certificates that Node would trust for the same options.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { planTls } = require('../lib/tls/plan');
const { pki, selfSigned } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const HOST = { host: 'a.example', port: 443, servername: 'a.example' };

const derOf = (pem) => new X509Certificate(pem).raw;
const base64Of = (pem) => derOf(pem).toString('base64');

// Node's verdict on a server whose chain ends at a root that `ca` may name.
async function isTrustedByNode(port, ca) {
  const options = { host: '127.0.0.1', port, servername: 'localhost', ca };
  const socket = tls.connect({ ...options, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { authorized } = socket;
  socket.destroy();
  await once(socket, 'close');
  return authorized;
}

describe('roots of a plan with ca', () => {
  let root;
  let other;
  let client;
  let site;
  before(async () => {
    ({ root, client } = await pki());
    other = await selfSigned({ subject: 'other', ca: true });
    site = await serveRawTls();
  });
  after(closeServers);

  const crlf = (pem) => pem.replaceAll('\n', '\r\n');
  const relabelled = (label) => root.pem.replaceAll('CERTIFICATE', label);
  const comment = '# a comment, with = and : and ----------\n';

  for (const [title, ca, trusted] of [
    ['a string', () => root.pem, ['root']],
    ['a Buffer', () => Buffer.from(root.pem), ['root']],
    ['a Uint8Array', () => new Uint8Array(Buffer.from(root.pem)), ['root']],
    ['a DataView', () => new DataView(new Uint8Array(Buffer.from(root.pem)).buffer), ['root']],
    ['a list', () => [other.pem, Buffer.from(root.pem)], ['other', 'root']],
    ['several blocks', () => other.pem + root.pem, ['other', 'root']],
    ['twice the same', () => [root.pem, root.pem + root.pem], ['root']],
    ['another root', () => other.pem, ['other']],
    ['CRLF', () => crlf(root.pem), ['root']],
    ['text around', () => `${comment}é\n${root.pem}${comment}${other.pem}`, ['root', 'other']],
    ['spaces after lines', () => root.pem.replaceAll('\n', ' \t\n'), ['root']],
    ['no newline at the end', () => root.pem.trim(), ['root']],
    ['the label of old', () => relabelled('X509 CERTIFICATE'), ['root']],
    ['a key before it', () => client.key + root.pem, ['root']],
    ['a list without elements', () => [], []],
    ['an empty element', () => [''], []],
    ['garbage', () => 'not a certificate', []],
    ['DER', () => derOf(root.pem), []],
    ['DER and PEM', () => [derOf(root.pem), root.pem], ['root']],
  ]) {
    it(`given as ${title} are Node's`, async () => {
      const { nodeOnly, context } = planTls({ ...HOST, ca: ca() });
      assert.equal(nodeOnly, undefined);
      const { bundled, own } = context.roots;
      const named = { root, other };
      assert.deepEqual(
        own,
        trusted.map((name) => named[name].der),
      );
      assert.deepEqual(bundled, []);
      assert.equal(await isTrustedByNode(site.port, ca()), trusted.includes('root'));
    });
  }

  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  for (const [title, ca] of [
    ['a block that is no certificate', () => broken + root.pem],
    ['such a block at the end', () => root.pem + broken],
    ['a block that does not end', () => root.pem + root.pem.slice(0, 200)],
    ['a block that ends as another', () => root.pem.replace('END CERT', 'END X509 CERT')],
    ['indented lines', () => root.pem.replaceAll('\n', '\n  ').replace(/^/, '  ')],
    ['a byte order mark', () => `\ufeff${root.pem}`],
    ['one long line', () => oneLine(root.pem)],
    ['carriage returns alone', () => root.pem.replaceAll('\n', '\r')],
    ['a trusted certificate', () => relabelled('TRUSTED CERTIFICATE')],
    ['a malformed block of another kind', () => broken.replaceAll('CERT', 'X') + root.pem.slice(1)],
    ['a line longer than OpenSSL reads', () => root.pem.replace('\n', `${' '.repeat(300)}\n`)],
    ['a certificate with a header', () => root.pem.replace('-----\n', '-----\nA: b\n\n')],
  ]) {
    it(`given as ${title} are left to Node`, () => {
      assert.equal(planTls({ ...HOST, ca: ca() }).nodeOnly, 'ca');
    });
  }

  for (const ca of ['', null, undefined, false, 0]) {
    it(`given as ${JSON.stringify(ca)} are the default ones`, () => {
      assert.equal(planTls({ ...HOST, ca }).context.roots, planTls(HOST).context.roots);
    });
  }
});

function oneLine(pem) {
  const [first, ...rest] = pem.trim().split('\n');
  return [first, rest.slice(0, -1).join(''), rest.at(-1)].join('\n');
}

describe('default roots of a plan', function () {
  this.timeout(30_000);
  let root;
  let directory;
  let extra;
  const clean = { NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '' };
  before(async () => {
    ({ root } = await pki());
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
    extra = path.join(directory, 'extra.pem');
    fs.writeFileSync(extra, `# of this test\n${root.pem}`);
  });
  after(() => fs.rmSync(directory, { recursive: true }));

  async function planOf(words, { env, execArgv, options } = {}) {
    const args = [...words, JSON.stringify({ ...HOST, ...options })];
    const ended = await run('tls-plan.js', args, { env: { ...clean, ...env }, execArgv });
    return result(ended);
  }

  it('are what Node ships', async () => {
    const plan = await planOf([]);
    assert.equal(plan.bundled, tls.rootCertificates.length);
    assert.deepEqual(plan.own, []);
  });

  it('are all that Node lists', function () {
    if (!tls.getCACertificates) this.skip();
    const { bundled, own } = planTls(HOST).context.roots;
    const listed = new Set(tls.getCACertificates('default').map(base64Of));
    const planned = [...bundled, ...own].map((der) => der.toString('base64'));
    assert.deepEqual(new Set(planned), listed);
    assert.equal(planned.length, listed.size);
  });

  it('have those of NODE_EXTRA_CA_CERTS', async () => {
    for (const words of [[], ['worker']]) {
      const plan = await planOf(words, { env: { NODE_EXTRA_CA_CERTS: extra } });
      assert.equal(plan.bundled, tls.rootCertificates.length);
      assert.deepEqual(plan.own, [base64Of(root.pem)]);
    }
  });

  it('do not have those of a file that is not there', async () => {
    const plan = await planOf([], { env: { NODE_EXTRA_CA_CERTS: `${extra}.none` } });
    assert.equal(plan.bundled, tls.rootCertificates.length);
    assert.deepEqual(plan.own, []);
  });

  it('do not change with the variable at run time, as in Node', async () => {
    const plan = await planOf(['extraAtRunTime'], { env: { LATE_EXTRA: extra } });
    assert.deepEqual(plan.own, []);
  });

  it("are OpenSSL's with --use-openssl-ca, and left to Node", async () => {
    for (const settings of [
      { execArgv: ['--use-openssl-ca'] },
      { execArgv: ['--use_openssl_ca'], env: { NODE_EXTRA_CA_CERTS: extra } },
      { env: { NODE_OPTIONS: '--use-openssl-ca' } },
    ]) {
      for (const words of [[], ['worker']]) {
        assert.deepEqual(await planOf(words, settings), { nodeOnly: '--use-openssl-ca' });
      }
    }
  });

  it('do not matter with ca', async () => {
    const options = { ca: root.pem };
    const plan = await planOf([], { execArgv: ['--use-openssl-ca'], options });
    assert.equal(plan.bundled, 0);
    assert.deepEqual(plan.own, [base64Of(root.pem)]);
  });

  it('have those of the system with --use-system-ca', async function () {
    if (!tls.getCACertificates) this.skip();
    const env = { SSL_CERT_FILE: extra, SSL_CERT_DIR: directory };
    const plan = await planOf([], { execArgv: ['--use-system-ca'], env });
    assert.equal(plan.bundled, tls.rootCertificates.length);
    assert.deepEqual(plan.own, [base64Of(root.pem)]);
  });

  it('follow tls.setDefaultCACertificates()', function () {
    if (!tls.setDefaultCACertificates) this.skip();
    const listed = tls.getCACertificates('default');
    const { context } = planTls(HOST);
    const [shipped] = tls.rootCertificates;
    tls.setDefaultCACertificates([shipped, root.pem]);
    try {
      const other = planTls(HOST).context;
      assert.notEqual(other, context);
      assert.deepEqual(other.roots.bundled, [derOf(shipped)]);
      assert.deepEqual(other.roots.own, [root.der]);
      assert.equal(planTls(HOST).context, other);
    } finally {
      tls.setDefaultCACertificates(listed);
    }
    const { bundled, own } = planTls(HOST).context.roots;
    assert.equal(bundled.length, context.roots.bundled.length);
    assert.equal(own.length, context.roots.own.length);
  });
});
