'use strict';

// Where a socket says it is, and whom it says it talks to.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const os = require('node:os');
const {
  HOST,
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  request,
  socketOf,
} = require('./support/peer');
const { freshPath } = require('./support/unix-path');

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

  for (const [host, bound, reached] of [
    ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
    ['0', '127.0.0.1', '127.0.0.1'],
    ['::', '::1', '::1'],
    ['::ffff:0.0.0.0', '127.0.0.1', '::ffff:127.0.0.1'],
    ['::ffff:127.0.0.1', '127.0.0.1', '::ffff:127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1', '::ffff:127.0.0.1'],
  ]) {
    it(`are those of the host that ${host} stands for`, async () => {
      const server = await httpServer((_, res) => res.end(), { port: 0, host: bound });
      const req = request(server, agentOf(), { host }).end();
      const socket = await socketOf(req);
      await once(socket, 'connect');
      const { remoteAddress, remoteFamily, remotePort, localAddress } = socket;
      assert.deepEqual([remoteAddress, localAddress], [reached, reached]);
      assert.equal(remoteFamily, reached.includes(':') ? 'IPv6' : 'IPv4');
      assert.equal(remotePort, server.port);
      const [res] = await once(req, 'response');
      res.resume();
      await gone(req);
    });
  }

  for (const host of [HOST, '0', 'localhost']) {
    it(`have the looked up host beside them as in Node: ${host}`, async () => {
      const server = await httpServer((_, res) => res.end());
      const [own, node] = [agentOf(), new http.Agent()].map(async (agent) => {
        const req = request(server, agent, { host }).end();
        const [res] = await once(req, 'response');
        const { _host } = res.socket;
        res.resume();
        await gone(req);
        return _host;
      });
      assert.equal(await own, await node);
    });
  }

  it('of a link-local address have its zone', async function () {
    const [zoned] = Object.entries(os.networkInterfaces()).flatMap(([name, list]) =>
      list.filter((one) => one.scopeid > 0).map(({ address }) => `${address}%${name}`),
    );
    if (!zoned) this.skip();
    const server = await httpServer((_, res) => res.end(), { port: 0, host: '::' });
    const lookup = (_host, { all }, done) =>
      setImmediate(() =>
        all ? done(null, [{ address: zoned, family: 6 }]) : done(null, zoned, 6),
      );
    const req = request(server, agentOf({ lookup }), { host: 'a.name' }).end();
    const [res] = await once(req, 'response');
    assert.equal(res.socket.remoteAddress, zoned);
    assert.equal(res.socket.localAddress, zoned);
    res.resume();
    await gone(req);
  });

  it('are undefined for a unix socket', async () => {
    const where = freshPath();
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
