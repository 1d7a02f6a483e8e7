'use strict';

// What util.inspect() shows of a socket: no passphrase that came with its request. The key is part
// of its origin's name, as in Node.

const assert = require('node:assert/strict');
const { inspect } = require('node:util');
const { pki } = require('./support/certificates');
const {
  answer,
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
  stock,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('an inspected TLS socket', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const everything = { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null };

  differs('it shows it')('shows no passphrase of the request', async () => {
    const site = await serveTls();
    const { root, client } = await pki();
    const passphrase = 'open sesame';
    const key = client.keyObject.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true });
    const shown = [];
    const look = (req) => shown.push(inspect(req.socket, everything), inspect(agent, everything));
    const options = { port: site.port, agent, passphrase, key, cert: client.chain };
    const req = getSecure(options);
    req.on('socket', () => look(req));
    req.on('response', () => look(req));
    const { socket } = await answer(req);
    shown.push(inspect(socket, everything), inspect(agent, everything));
    assert.equal(shown.length, 6);
    for (const text of shown) {
      assert.ok(text.includes('TLSSocket'));
      assert.ok(!text.includes('sesame'));
    }
  });

  it('has the properties that tools look at', async () => {
    const site = await serveTls();
    const { root } = await pki();
    for (const rejectUnauthorized of [true, false]) {
      const agent = httpsAgentWith({ ca: root.pem, rejectUnauthorized });
      const req = getSecure({ port: site.port, agent });
      let before;
      req.on('socket', (socket) => {
        before = socket._secureEstablished;
      });
      const { socket } = await answer(req);
      assert.equal(before, false);
      assert.equal(socket._secureEstablished, true);
      assert.equal(socket._requestCert, true);
      assert.equal(socket._rejectUnauthorized, rejectUnauthorized);
      assert.equal(socket._tlsOptions.isServer, false);
      assert.equal(socket._tlsOptions.rejectUnauthorized, rejectUnauthorized);
      assert.equal(socket._controlReleased, true);
      assert.ok(Object.hasOwn(socket, 'server'));
      assert.equal(socket.server, undefined);
    }
  });

  it('takes the calls that Node makes on its own', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true });
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(socket._releaseControl(), false);
    socket.disableRenegotiation();
    if (!stock) {
      for (const name of ['_init', '_start', '_destroySSL', '_finishInit', '_wrapHandle']) {
        socket[name]();
      }
    }
    const again = await answer(getSecure({ port: site.port, agent }));
    assert.equal(again.socket, socket);
  });
});
