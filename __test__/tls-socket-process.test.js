'use strict';

// A process lives as long as a TLS connection is in use, and no longer; and it may end at any time.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { run } = require('./support/child');
const { closeServers, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('a process with TLS connections', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  function serve(options) {
    return serveTls(options, (req, res) => {
      if (req.url !== '/never') res.end(Buffer.alloc(50_000));
    });
  }

  async function endsByItself(what, site, times = 1) {
    const { code, signal, stdout, stderr } = await run('tls-process.js', [what, site.port, ca]);
    assert.equal(stderr, '');
    assert.equal(signal, null, 'it had to be killed');
    assert.equal(code, 0);
    assert.equal(stdout, 'done\n'.repeat(times));
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`ends by itself when all are parked (${version})`, async () => {
      await endsByItself('parked', await serve({ maxVersion: version }), 5);
    });

    it(`ends by itself when one that was resumed is parked (${version})`, async () => {
      const site = await serve({ maxVersion: version });
      await endsByItself('resumed', site);
      assert.equal(site.resumed, 1);
    });
  }

  it("ends by itself when those that only Node's TLS serves are parked", async () => {
    await endsByItself(
      'parked',
      await serve({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }),
      5,
    );
  });

  it('lives while a handshake is pending', async () => {
    await endsByItself('handshake', await serveRaw((socket) => socket.resume()));
  });

  it("does not live for a socket that was unref'd", async () => {
    await endsByItself('unref', await serve());
  });

  it("does not live for an unref'd socket in its handshake", async () => {
    await endsByItself('unref', await serveRaw((socket) => socket.resume()));
  });

  it('does not live for an agent that was destroyed', async () => {
    await endsByItself('destroyed', await serveRaw((socket) => socket.resume()));
  });

  async function endsWithSeven(what, site, ...args) {
    const { code, signal, stderr } = await run('tls-process.js', [what, site.port, ca, ...args]);
    assert.equal(signal, null, stderr);
    assert.equal(code, 7, stderr);
    assert.equal(stderr, '');
  }

  for (const [what, open] of [
    ['mid-flight', serve],
    ['mid-handshake', () => serveRaw((socket) => socket.resume())],
  ]) {
    it(`ends with its code by process.exit() ${what}, at twelve different times`, async () => {
      const site = await open();
      for (let i = 0; i < 12; i++) await endsWithSeven('exit', site, i * i);
    });
  }

  for (const what of ['exitInSecureConnect', 'exitInKeylog']) {
    it(`ends with its code by '${what}'`, async () => {
      const site = await serve();
      for (let i = 0; i < 3; i++) await endsWithSeven(what, site);
    });
  }
});
