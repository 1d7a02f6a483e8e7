'use strict';

// Events of a connection that Node's transport has taken over.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { kFallback } = require('../lib/tls-socket/handshake');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };

describe('the other transport', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  it('tells the agent of its keys', async () => {
    const site = await serveTls(CBC);
    const agent = httpsAgentWith({ ca });
    const lines = [];
    agent.on('keylog', (line, socket) => lines.push([line.toString(), socket]));
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(lines.length, 1);
    assert.match(lines[0][0], /^CLIENT_RANDOM /);
    assert.equal(lines[0][1], socket);
  });

  it('tells of its session, which the next connection resumes', async () => {
    const site = await serveTls(CBC);
    const agent = httpsAgentWith({ ca });
    for (const reused of [false, true]) {
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      await closed(socket);
      assert.equal(site.resumed, Number(reused));
    }
  });

  differs('it has no second socket')('is asked for keys and sessions only if heard', async () => {
    const site = await serveTls(CBC);
    const agent = httpsAgentWith({ ca });
    const where = { host: '127.0.0.1', port: site.port, servername: 'localhost', ca };
    const socket = agent.createConnection(where);
    await once(socket, 'secureConnect');
    const inner = socket[kFallback];
    assert.equal(inner.listenerCount('keylog'), 0);
    assert.equal(inner.listenerCount('session'), 0);
    assert.equal(inner.listenerCount('OCSPResponse'), 0);
    const before = socket.listenerCount('newListener');
    socket.on('session', () => {});
    socket.on('session', () => {});
    assert.equal(inner.listenerCount('session'), 1);
    assert.equal(inner.listenerCount('keylog'), 0);
    assert.equal(socket.listenerCount('newListener'), before - 1);
    socket.destroy();
    await once(socket, 'close');
  });
});
