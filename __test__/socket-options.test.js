'use strict';

// What a program may set on a socket: noDelay, keep-alive, ref and unref.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  request,
  signal,
  socketOf,
} = require('./support/peer');
const { kernelTimer } = require('./support/kernel');

async function heldResponse(agentOptions, options) {
  const rest = signal();
  const server = await httpServer((_, res) => {
    res.flushHeaders();
    rest.then(() => res.end('done'));
  });
  const req = request(server, agentOf(agentOptions), options).end();
  const [res] = await once(req, 'response');
  return {
    socket: res.socket,
    async finish() {
      rest.give();
      assert.equal((await body(res)).toString(), 'done');
    },
  };
}

describe('the options of a socket', () => {
  afterEach(cleanUp);

  it('setNoDelay and setKeepAlive can be chained, before and after connecting', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const socket = await socketOf(req);
    for (let i = 0; i < 2; i++) {
      assert.equal(socket.setNoDelay(), socket);
      assert.equal(socket.setNoDelay(false), socket);
      assert.equal(socket.setNoDelay(true), socket);
      assert.equal(socket.setKeepAlive(), socket);
      assert.equal(socket.setKeepAlive(true, 1500), socket);
      assert.equal(socket.setKeepAlive(false), socket);
      if (socket.connecting) await once(socket, 'connect');
    }
    const [res] = await once(req, 'response');
    res.resume();
    await once(agent, 'free');
    socket.destroy();
    await gone(socket);
    assert.equal(socket.setNoDelay(), socket);
    assert.equal(socket.setKeepAlive(true), socket);
  });

  it('setKeepAlive reaches the kernel', async () => {
    const { socket, finish } = await heldResponse();
    const before = kernelTimer(socket.localPort);
    if (before === null) return finish();
    assert.notEqual(before, 2);
    socket.setKeepAlive(true, 60_000);
    // The socket may belong to another thread: ask until the kernel says so.
    while (kernelTimer(socket.localPort) !== 2) await new Promise(setImmediate);
    socket.setKeepAlive(false);
    while (kernelTimer(socket.localPort) === 2) await new Promise(setImmediate);
    await finish();
  });

  it("the agent's keepAlive sets it on every connection", async () => {
    const { socket, finish } = await heldResponse({ keepAlive: true, keepAliveMsecs: 60_000 });
    const told = kernelTimer(socket.localPort) !== null;
    await finish();
    if (!told) return;
    while (kernelTimer(socket.localPort) !== 2) await new Promise(setImmediate);
  });

  it('the request may ask for both', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const req = request(server, agentOf());
    req.setNoDelay(true);
    req.setSocketKeepAlive(true, 1000);
    req.end();
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'ok');
  });

  it('ref and unref can be chained, before and after connecting', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    assert.equal(socket.connecting, true);
    assert.equal(socket.unref(), socket);
    assert.equal(socket.ref(), socket);
    await once(socket, 'connect');
    assert.equal(socket.unref(), socket);
    assert.equal(socket.ref(), socket);
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'ok');
    await gone(socket);
    assert.equal(socket.unref(), socket);
    assert.equal(socket.ref(), socket);
  });

  it('a signal destroys the connection it was given to', async () => {
    const server = await httpServer(() => {});
    const abort = new AbortController();
    const agent = agentOf({ signal: abort.signal });
    const req = request(server, agent).end();
    const socket = await socketOf(req);
    await once(socket, 'connect');
    const failed = once(req, 'error');
    abort.abort();
    const [error] = await failed;
    assert.equal(error.name, 'AbortError');
    assert.equal(error.code, 'ABORT_ERR');
    await gone(socket);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('highWaterMark is that of the socket', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf({ highWaterMark: 1000 });
    const { socket } = await exchange(server, agent);
    assert.equal(socket.writableHighWaterMark, 1000);
    assert.equal(socket.readableHighWaterMark, 1000);
  });
});
