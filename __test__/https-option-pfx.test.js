'use strict';

// The client's certificate and key in one PKCS#12 container.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const {
  answer,
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
  since,
} = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { outcome, sameAsNode } = require('./fixtures/https-outcome');

const PASSPHRASE = 'correct horse';

// Nothing in Node writes PKCS#12; the containers are made by the openssl command.
function container(directory, { key, chain, authority, passphrase }) {
  const files = {};
  for (const [name, text] of Object.entries({ key, chain, authority })) {
    if (text === undefined) continue;
    files[name] = path.join(directory, `${name}.pem`);
    fs.writeFileSync(files[name], text);
  }
  const args = ['pkcs12', '-export', '-inkey', files.key, '-in', files.chain];
  if (files.authority) args.push('-certfile', files.authority);
  return execFileSync('openssl', [...args, '-passout', `pass:${passphrase ?? ''}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function hasOpenssl() {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const describeHere = hasOpenssl()
  ? describe
  : (title, body) => describe.skip(`${title} [needs the openssl command]`, body);

describeHere('HttpsAgent option pfx', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let root;
  let pfx;
  let plain;
  let other;
  before(async () => {
    const { root: authority, intermediate, client } = await pki();
    root = authority;
    const second = await certificate({
      subject: 'second client',
      issuer: intermediate,
      key: 'rsa',
      names: [],
    });
    const directory = fs.mkdtempSync(path.join(tmpdir(), 'pfx-'));
    try {
      pfx = container(directory, { ...client, passphrase: PASSPHRASE });
      plain = container(directory, client);
      other = container(directory, { ...second, authority: root.pem, passphrase: 'battery' });
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  function asking(options) {
    const asks = { requestCert: true, rejectUnauthorized: false, ca: root.pem, ...options };
    return serveTls(asks, ({ socket }, res) => {
      const { subject } = socket.getPeerCertificate();
      res.end(JSON.stringify([subject?.CN ?? null, socket.authorized]));
    });
  }

  // What the server saw, or how the request failed.
  async function seen(site, agent, options) {
    return parsed(await outcome({ port: site.port, agent, ...options }));
  }

  async function same(site, options) {
    return parsed(await sameAsNode(site, { ca: root.pem, ...options }));
  }

  function parsed(text) {
    return text.startsWith('[') ? JSON.parse(text) : text;
  }

  const SEEN = ['oxagent test client', true];

  for (const [what, make] of Object.entries({
    'with its passphrase': () => ({ pfx, passphrase: PASSPHRASE }),
    'without a passphrase': () => ({ pfx: plain }),
    'in an array': () => ({ pfx: [pfx], passphrase: PASSPHRASE }),
    'in an array, each with its passphrase': () => ({
      pfx: [{ buf: pfx, passphrase: PASSPHRASE }],
    }),
    'as a Uint8Array': () => ({ pfx: new Uint8Array(pfx), passphrase: PASSPHRASE }),
  })) {
    it(`${what} is shown to the server`, async () => {
      const site = await asking();
      assert.deepEqual(await same(site, make()), SEEN);
      assert.equal(site.handshakes, 2);
    });
  }

  it('is shown over TLS 1.2, and by a resumed session', async () => {
    const site = await asking({ maxVersion: 'TLSv1.2' });
    const agent = httpsAgentWith({ ca: root.pem, pfx, passphrase: PASSPHRASE });
    for (let i = 0; i < 2; i++) assert.deepEqual(await seen(site, agent), SEEN);
    assert.equal(site.resumed, 1);
  });

  it('adds its authorities to those trusted, as in Node', async () => {
    const site = await asking();
    // Its authorities are trusted where `ca` is not given.
    const options = { ca: undefined, pfx: other, passphrase: 'battery' };
    assert.deepEqual(await same(site, options), ['second client', true]);
  });

  it('several: one of them is shown, as in Node', async () => {
    const both = {
      pfx: [
        { buf: pfx, passphrase: PASSPHRASE },
        { buf: other, passphrase: 'battery' },
      ],
    };
    const site = await asking();
    const [name] = await same(site, both);
    assert.ok(['oxagent test client', 'second client'].includes(name), name);
  });

  differs('it has one transport')('is served by Node, and refused by rustls', async () => {
    const site = await asking();
    const options = { ca: root.pem, pfx, passphrase: PASSPHRASE };
    const agent = httpsAgentWith(options);
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(socket.transport, 'node');
    const strict = httpsAgentWith({ ca: root.pem });
    assert.throws(
      () => getSecure({ port: site.port, agent: strict, transport: 'rustls', ...options }),
      (error) => {
        assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
        assert.match(error.message, /pfx/);
        assert.ok(!error.message.includes(PASSPHRASE));
        return true;
      },
    );
  });

  for (const [what, make] of Object.entries({
    'a wrong passphrase': () => ({ pfx, passphrase: 'wrong horse' }),
    'no passphrase where one is needed': () => ({ pfx }),
    'a passphrase that is not needed': () => ({ pfx: plain, passphrase: PASSPHRASE }),
    garbage: () => ({ pfx: Buffer.from('garbage') }),
    'an empty array': () => ({ pfx: [] }),
    'a number': () => ({ pfx: 1 }),
  })) {
    it(`${what} ends as with Node's agent`, async () => {
      const site = await asking();
      await same(site, make());
    });
  }

  since(22)('containers of other passphrases are other origins', async () => {
    const site = await asking();
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true });
    const one = { pfx: [{ buf: pfx, passphrase: PASSPHRASE }] };
    assert.deepEqual(await seen(site, agent, one), SEEN);
    // A request that does not know the passphrase gets no connection that was made with it.
    const wrong = { pfx: [{ buf: pfx, passphrase: 'wrong horse' }] };
    assert.match(await seen(site, agent, wrong), /mac verify failure/);
    assert.deepEqual(await seen(site, agent, one), SEEN);
    assert.equal(site.connections, 1);
  });
});
