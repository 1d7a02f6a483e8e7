'use strict';

// Where a socket says it is, and whom it says it talks to.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {
  HOST,
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  later,
  request,
  socketOf,
} = require('./support/peer');

function socketPath() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
  later(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'server.sock');
}

describe('the addresses of a socket', () => {
  afterEach(cleanUp);

  it('are those that the server sees', async () => {
    const server = await httpServer((req, res) => res.end(String(req.socket.remotePort)));
    const agent = agentOf({ keepAlive: true });
    const { socket, text } = await exchange(server, agent);
    const port = Number(text);
    assert.equal(socket.remoteAddress, HOST);
    assert.equal(socket.remotePort, server.port);
    assert.equal(socket.remoteFamily, 'IPv4');
    assert.equal(socket.localAddress, HOST);
    assert.equal(socket.localPort, port);
    assert.equal(socket.localFamily, 'IPv4');
    assert.deepEqual(socket.address(), { address: HOST, port, family: 'IPv4' });
  });

  it('are not known while it connects', async () => {
    const server = await httpServer((_, res) => res.end());
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    assert.equal(socket.remoteAddress, undefined);
    assert.equal(socket.remotePort, undefined);
    assert.equal(socket.remoteFamily, undefined);
    const [res] = await once(req, 'response');
    res.resume();
    await gone(socket);
  });

  it('are gone after the socket is', async () => {
    const server = await httpServer((_, res) => res.end());
    const { socket } = await exchange(server, agentOf());
    await gone(socket);
    assert.equal(socket.localAddress, undefined);
    assert.equal(socket.localPort, undefined);
    assert.deepEqual(socket.address(), {});
  });

  it('keep the remote one that was read while open', async () => {
    const server = await httpServer((_, res) => res.end());
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    assert.equal(socket.remotePort, server.port);
    res.resume();
    await gone(socket);
    assert.equal(socket.remoteAddress, HOST);
    assert.equal(socket.remotePort, server.port);
    assert.equal(socket.remoteFamily, 'IPv4');
  });

  it('of IPv6 say so', async () => {
    const server = await httpServer((_, res) => res.end(), { port: 0, host: '::1' });
    const req = request(server, agentOf(), { host: '::1' }).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    assert.equal(socket.remoteAddress, '::1');
    assert.equal(socket.remoteFamily, 'IPv6');
    assert.equal(socket.localFamily, 'IPv6');
    assert.equal(socket.address().family, 'IPv6');
    res.resume();
  });

  it('are undefined for a unix socket', async () => {
    const where = socketPath();
    const server = await httpServer((_, res) => res.end('from the path'), where);
    const req = request(server, agentOf(), { socketPath: where }).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    assert.equal(socket.remoteAddress, undefined);
    assert.equal(socket.remotePort, undefined);
    assert.equal(socket.localPort, undefined);
    assert.deepEqual(socket.address(), {});
    assert.equal((await body(res)).toString(), 'from the path');
  });

  it('obey localAddress and localPort', async () => {
    const server = await httpServer((req, res) => res.end(req.socket.remoteAddress));
    const agent = agentOf({ localAddress: '127.0.0.3' });
    const req = request(server, agent).end();
    const [res] = await once(req, 'response');
    assert.equal(res.socket.localAddress, '127.0.0.3');
    assert.equal((await body(res)).toString(), '127.0.0.3');
  });

  it('are enumerable getters of the prototype that cannot be assigned', async () => {
    const server = await httpServer((_, res) => res.end());
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    for (const name of ['remoteAddress', 'remotePort', 'localAddress', 'localPort']) {
      assert.ok(name in socket);
      assert.throws(() => {
        socket[name] = 'elsewhere';
      }, TypeError);
    }
    res.resume();
  });
});
