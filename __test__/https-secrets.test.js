'use strict';

// Node shows an agent's options to whoever inspects it, and in its debug log. oxagent shows no
// secret where Node does not.

const assert = require('node:assert/strict');
const { dispose } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const PASSPHRASE = 'open sesame 4711';

describe('HttpsAgent secrets', function () {
  this.timeout(60_000);
  afterEach(dispose);
  afterEach(closeServers);

  let material;
  before(async () => {
    const { root, intermediate } = await pki();
    const client = await certificate({ subject: 'client', issuer: intermediate, names: [] });
    const key = client.keyObject.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: PASSPHRASE,
    });
    const scalar = Buffer.from(client.keyObject.export({ format: 'jwk' }).d, 'base64url');
    const hex = scalar.toString('hex');
    material = {
      options: { ca: root.pem, cert: client.chain, key, passphrase: PASSPHRASE },
      secrets: {
        passphrase: [PASSPHRASE],
        // A line of the file as it was given, and the key itself in each way it may be written:
        // an inspected Buffer ends within it.
        'encrypted key': [key.split('\n')[2]],
        'open key': [
          hex,
          hex.slice(0, 16).match(/../g).join(' '),
          [...scalar.subarray(0, 8)].join(', '),
          client.key.split('\n')[1].slice(0, 40),
          client.key.split('\n')[2],
          scalar.toString('base64'),
          scalar.toString('base64url'),
        ],
      },
    };
  });

  async function shown(whose, env) {
    const site = await serveTls({ requestCert: true, rejectUnauthorized: false });
    const given = JSON.stringify({ port: site.port, ...material });
    const ended = await run('https-secrets.js', [whose, given], { env, limit: 60_000 });
    const told = result(ended);
    assert.ok(told.traffic > 0);
    assert.ok(site.requests > 0);
    return { ...told, stderr: ended.stderr };
  }

  it('are where Node shows them, and nowhere else', async () => {
    const ours = (await shown('ours')).seen;
    const nodes = (await shown('node')).seen;
    for (const [where, names] of Object.entries(ours)) {
      for (const name of names) {
        assert.ok(nodes[where]?.includes(name), `${where} shows the ${name}`);
      }
    }
    // That these can be found at all is seen in what Node shows.
    assert.ok(nodes['an agent'].includes('passphrase'));
    assert.ok(nodes['an agent'].includes('encrypted key'));
  });

  it('that Node keeps to itself are nowhere: the open key and what the handshake made', async () => {
    const { seen } = await shown('ours');
    for (const [where, names] of Object.entries(seen)) {
      assert.ok(!names.includes('open key'), where);
      assert.ok(!names.includes('traffic'), where);
    }
  });

  it('are in no error', async () => {
    const { seen } = await shown('ours');
    const inspected = new Set([
      'a socket that connects',
      'an agent that connects',
      'a request',
      'a response',
      'a socket',
      'an agent',
      'an idle agent',
      'the session methods',
    ]);
    const errors = Object.entries(seen).filter(([where]) => !inspected.has(where));
    assert.deepEqual(errors, []);
  });

  for (const sections of ['http,https,tls,net', 'http,https,tls,net,stream,timer']) {
    it(`are in the debug log of ${sections} only where Node's has them`, async () => {
      const env = { NODE_DEBUG: sections };
      const ours = await shown('ours', env);
      const nodes = await shown('node', env);
      assert.match(nodes.stderr, /HTTPS \d+: createConnection/);
      for (const [name, spellings] of Object.entries(material.secrets)) {
        const found = (text) => spellings.some((spelling) => text.includes(spelling));
        if (!found(nodes.stderr)) assert.ok(!found(ours.stderr), name);
      }
      const open = material.secrets['open key'];
      assert.ok(!open.some((spelling) => ours.stderr.includes(spelling)));
    });
  }
});
