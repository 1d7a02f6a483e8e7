'use strict';

// socket.setTimeout, the agent's and the request's `timeout`, and who hears of them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  rawServer,
  request,
  signal,
  socketOf,
  stuckServer,
} = require('./support/peer');

const silent = () => {};

describe('the timeout of a socket', () => {
  afterEach(cleanUp);

  it('is undefined or 0 until someone sets it', async () => {
    const server = await httpServer((_, res) => res.end());
    const { socket } = await exchange(server, agentOf());
    assert.ok(!socket.timeout);
  });

  it('setTimeout sets it, returns the socket and tells the callback once', async () => {
    const server = await httpServer(silent);
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    let calls = 0;
    const callback = () => calls++;
    assert.equal(socket.setTimeout(20, callback), socket);
    assert.equal(socket.timeout, 20);
    await once(socket, 'timeout');
    assert.equal(calls, 1);
    assert.equal(socket.listeners('timeout').includes(callback), false);
    assert.equal(socket.destroyed, false);
    req.on('error', () => {}).destroy();
  });

  it('of 0 switches it off and takes the callback away', async () => {
    const server = await httpServer(silent);
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    const callback = () => assert.fail('was switched off');
    socket.setTimeout(20, callback);
    socket.setTimeout(0, callback);
    assert.equal(socket.timeout, 0);
    assert.equal(socket.listeners('timeout').includes(callback), false);
    socket.once('timeout', callback);
    await new Promise((done) => setTimeout(done, 60));
    req.on('error', () => {}).destroy();
  });

  it('refuses what is no duration, and no function', async () => {
    const server = await httpServer(silent);
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    for (const bad of ['100', null, undefined, {}, true, () => {}]) {
      assert.throws(() => socket.setTimeout(bad), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    for (const bad of [-1, Infinity, NaN]) {
      assert.throws(() => socket.setTimeout(bad), { code: 'ERR_OUT_OF_RANGE' });
    }
    for (const bad of [1, 'listener', {}]) {
      assert.throws(() => socket.setTimeout(5000, bad), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    req.on('error', () => {}).destroy();
  });

  it('is ignored once the socket is destroyed', async () => {
    const server = await httpServer((_, res) => res.end());
    const { socket } = await exchange(server, agentOf());
    await gone(socket);
    assert.equal(
      socket.setTimeout(10, () => assert.fail('is destroyed')),
      socket,
    );
    assert.ok(!socket.timeout);
  });

  it('is put off by what comes and by what goes', async () => {
    const stop = signal();
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        let left = 12;
        const timer = setInterval(() => {
          socket.write('1\r\nx\r\n');
          if (--left === 0) {
            clearInterval(timer);
            stop.give();
          }
        }, 25);
      });
    });
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    const [res] = await once(req, 'response');
    let fired = 0;
    socket.setTimeout(150, () => fired++);
    res.resume();
    await stop;
    assert.equal(fired, 0, 'it has been quiet for 25 ms at most');
    await once(socket, 'timeout');
    assert.equal(fired, 1);
    req.on('error', () => {}).destroy();
  });

  it('comes again after every further silence', async () => {
    const server = await rawServer((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'));
    });
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    res.on('error', () => {}).resume();
    const { socket } = res;
    socket.setTimeout(20);
    await once(socket, 'timeout');
    const [far] = server.sockets;
    far.write('y');
    await once(socket, 'timeout');
    socket.destroy();
  });

  it('runs while the socket connects', async () => {
    const req = request(await stuckServer(), agentOf(), { host: '127.0.0.2' }).end();
    req.on('error', () => {});
    const socket = await socketOf(req);
    socket.setTimeout(20);
    await once(socket, 'timeout');
    assert.equal(socket.connecting, true);
    req.destroy();
    await gone(socket);
  });

  it('does not keep the socket from its data', async () => {
    const server = await httpServer((_, res) => setTimeout(() => res.end('late'), 60));
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    socket.setTimeout(20);
    const quiet = once(socket, 'timeout');
    const [res] = await once(req, 'response');
    await quiet;
    assert.equal((await body(res)).toString(), 'late');
  });
});

describe('the timeout of a request', () => {
  afterEach(cleanUp);

  for (const [name, options, agentOptions] of [
    ["the request's option", { timeout: 20 }, {}],
    ["the agent's option", {}, { timeout: 20 }],
    ["the request's option before the agent's", { timeout: 20 }, { timeout: 60_000 }],
  ]) {
    it(`${name} makes the request emit 'timeout'`, async () => {
      const server = await httpServer(silent);
      const req = request(server, agentOf(agentOptions), options).end();
      const socket = await socketOf(req);
      assert.equal(socket.timeout, 20);
      await once(req, 'timeout');
      assert.equal(req.destroyed, false);
      req.on('error', () => {}).destroy();
    });
  }

  it('req.setTimeout tells its callback once', async () => {
    const server = await httpServer(silent);
    const req = request(server, agentOf()).end();
    const fired = signal();
    assert.equal(req.setTimeout(20, fired.give), req);
    await fired;
    assert.equal(req.socket.timeout, 20);
    req.on('error', () => {}).destroy();
    await gone(req);
  });

  it('fires while connecting when the option says so', async () => {
    const stuck = await stuckServer();
    const req = request(stuck, agentOf(), { host: stuck.host, timeout: 30 }).end();
    req.on('error', () => {});
    await once(req, 'timeout');
    assert.equal(req.socket.connecting, true);
    req.destroy();
    await gone(req);
  });

  it('that destroys the request gives it the error of destroy', async () => {
    const server = await httpServer(silent);
    const req = request(server, agentOf(), { timeout: 20 }).end();
    req.on('timeout', () => req.destroy(new Error('too slow')));
    const [error] = await once(req, 'error');
    assert.equal(error.message, 'too slow');
    await gone(req);
  });

  it('is taken off a socket that is kept', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf({ keepAlive: true });
    const { socket } = await exchange(server, agent, { timeout: 30_000 });
    await new Promise(setImmediate);
    const listeners = socket.listenerCount('timeout');
    const next = await exchange(server, agent);
    assert.equal(next.socket, socket);
    await new Promise(setImmediate);
    assert.equal(socket.listenerCount('timeout'), listeners);
    assert.ok(listeners <= 1, `${listeners} listeners`);
    assert.ok(!socket.timeout);
  });

  it('of the agent closes a kept socket that stays idle', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf({ keepAlive: true, timeout: 40 });
    const { socket } = await exchange(server, agent);
    await gone(socket);
    assert.equal(socket.destroyed, true);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
  });
});
