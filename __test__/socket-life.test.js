'use strict';

// What a socket of the agent is, and what it says of itself from its making to its end.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const stream = require('node:stream');
const {
  agentOf,
  cleanUp,
  exchange,
  gone,
  httpServer,
  later,
  rawServer,
  request,
  signal,
  socketOf,
  stuckServer,
} = require('./support/peer');

function stateOf(socket) {
  const { connecting, pending, readyState, destroyed } = socket;
  return { connecting, pending, readyState, destroyed };
}

describe('a socket, from its making to its end', () => {
  afterEach(cleanUp);

  it('is a net.Socket and a Duplex', async () => {
    const server = await httpServer((_, res) => res.end());
    const { socket } = await exchange(server, agentOf());
    assert.ok(socket instanceof net.Socket);
    assert.ok(socket instanceof stream.Duplex);
    assert.equal(socket.encrypted, undefined);
    assert.equal(socket.allowHalfOpen, false);
    assert.equal(typeof socket.fd, 'undefined');
  });

  it('is connecting and pending until it is connected', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf();
    const req = request(server, agent).end();
    const [socket] = Object.values(agent.sockets)[0];
    const opening = { connecting: true, pending: true, readyState: 'opening', destroyed: false };
    assert.deepEqual(stateOf(socket), opening);
    assert.equal(await socketOf(req), socket);
    assert.deepEqual(stateOf(socket), opening);
    await once(socket, 'connect');
    const open = { connecting: false, pending: false, readyState: 'open', destroyed: false };
    assert.deepEqual(stateOf(socket), open);
    assert.equal(socket.readable, true);
    assert.equal(socket.writable, true);
    const [res] = await once(req, 'response');
    assert.deepEqual(stateOf(socket), open);
    res.resume();
    await gone(socket);
    const closed = { connecting: false, pending: true, readyState: 'closed', destroyed: true };
    assert.deepEqual(stateOf(socket), closed);
    assert.equal(socket.readable, false);
    assert.equal(socket.writable, false);
  });

  it('stays connecting while nobody answers', async () => {
    const agent = agentOf();
    const req = request(await stuckServer(), agent, { host: '127.0.0.2' }).end();
    req.on('error', () => {});
    const socket = await socketOf(req);
    await new Promise(setImmediate);
    assert.equal(socket.connecting, true);
    assert.equal(socket.readyState, 'opening');
    req.destroy();
    assert.equal(socket.connecting, false);
    await gone(socket);
    assert.equal(socket.destroyed, true);
  });

  it("says 'connect' before 'ready', and both before the response", async () => {
    const server = await httpServer((_, res) => res.end());
    const log = [];
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    for (const name of ['connect', 'ready', 'end', 'close']) {
      socket.on(name, () => log.push(name));
    }
    req.on('response', (res) => {
      log.push('response');
      res.resume().on('end', () => log.push('response end'));
    });
    await gone(socket);
    assert.deepEqual(log.slice(0, 4), ['connect', 'ready', 'response', 'response end']);
    assert.equal(log.at(-1), 'close');
    assert.equal(log.filter((name) => name === 'close').length, 1);
  });

  it('tells connect listeners the state after connecting', async () => {
    const server = await httpServer((_, res) => res.end());
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    const seen = signal();
    socket.once('connect', () => seen.give({ ...stateOf(socket), port: socket.remotePort }));
    assert.deepEqual(await seen, {
      connecting: false,
      pending: false,
      readyState: 'open',
      destroyed: false,
      port: server.port,
    });
    await gone(socket);
  });

  it("emits 'end' and then 'close' without an error when the server ends", async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello'));
    });
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    const log = [];
    socket.on('end', () => log.push('end'));
    socket.on('close', (hadError) => log.push(`close ${hadError}`));
    const [res] = await once(req, 'response');
    res.resume();
    await gone(socket);
    assert.deepEqual(log, ['end', 'close false']);
    assert.equal(socket.readableEnded, true);
  });

  it('is readOnly once ended and until the other side ends', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\n' + 'Connection: upgrade\r\nUpgrade: x\r\n\r\n',
        ),
      );
    });
    const headers = { connection: 'upgrade', upgrade: 'x' };
    const req = request(server, agentOf(), { headers }).end();
    const [, socket] = await once(req, 'upgrade');
    later(() => socket.destroy());
    const [far] = server.sockets;
    const finish = once(far.resume(), 'end');
    socket.end();
    assert.equal(socket.readyState, 'readOnly');
    assert.equal(socket.writable, false);
    await finish;
    assert.equal(socket.destroyed, false);
    socket.resume();
    far.end();
    await gone(socket);
    assert.equal(socket.readyState, 'closed');
  });

  it('has no server and no parent, and names its host', async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = (_host, options, done) => {
      if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
      else done(null, '127.0.0.1', 4);
    };
    const { socket } = await exchange(server, agentOf(), { host: 'some.host', lookup });
    assert.equal(socket.server, null);
    assert.equal(socket._host, 'some.host');
  });

  it('has only the listeners that Node gives it', async () => {
    const rest = signal();
    const server = await httpServer((_, res) => {
      res.flushHeaders();
      rest.then(() => res.end());
    });
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    assert.equal(socket.listenerCount('data'), 1);
    assert.equal(socket.listenerCount('readable'), 0);
    rest.give();
    res.resume();
    await once(agent, 'free');
    assert.equal(socket.listenerCount('data'), 0);
    assert.equal(socket.listenerCount('readable'), 0);
  });
});
