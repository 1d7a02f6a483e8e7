'use strict';

// The ways in which a program ends a socket, and what each side hears.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  cleanUp,
  exchange,
  failure,
  gone,
  httpServer,
  later,
  rawServer,
  request,
  signal,
  socketOf,
  stuckServer,
} = require('./support/peer');

const UPGRADE = { connection: 'upgrade', upgrade: 'raw' };
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';

// A socket that the HTTP client has let go, and the server's end of it.
async function rawPair() {
  const accepted = signal();
  const server = await rawServer((socket) => {
    socket.once('data', () => {
      socket.write(SWITCH);
      accepted.give(socket);
    });
  });
  const req = request(server, agentOf(), { headers: UPGRADE }).end();
  const [, socket] = await once(req, 'upgrade');
  later(() => socket.destroy());
  return { socket, far: await accepted };
}

function isGone(agent) {
  assert.deepEqual(Object.keys(agent.sockets), []);
  assert.deepEqual(Object.keys(agent.freeSockets), []);
  assert.equal(agent.totalSocketCount, 0);
}

describe('ending a socket', () => {
  afterEach(cleanUp);

  it('destroy() closes it without an error of its own', async () => {
    const { socket, far } = await rawPair();
    const end = once(far.resume(), 'end');
    assert.equal(socket.destroy(), socket);
    assert.equal(socket.destroyed, true);
    const [hadError] = await once(socket, 'close');
    assert.equal(hadError, false);
    assert.equal(socket.errored, null);
    await end;
  });

  it("destroy(error) emits 'error', then 'close' that had one", async () => {
    const { socket } = await rawPair();
    const log = [];
    const reason = new Error('enough');
    socket.on('error', (error) => log.push(error));
    socket.on('close', (hadError) => log.push(hadError));
    socket.destroy(reason);
    assert.deepEqual(log, []);
    await gone(socket);
    assert.deepEqual(log, [reason, true]);
    assert.equal(socket.errored, reason);
  });

  it('destroy() twice is destroy() once', async () => {
    const { socket } = await rawPair();
    let closes = 0;
    socket.on('close', () => closes++);
    socket.destroy();
    socket.destroy(new Error('not heard'));
    await gone(socket);
    await new Promise(setImmediate);
    assert.equal(closes, 1);
  });

  it('destroy() of a socket in use fails its request with a hang up', async () => {
    const server = await httpServer(() => {});
    const agent = agentOf();
    const req = request(server, agent).end();
    const socket = await socketOf(req);
    await once(socket, 'connect');
    socket.destroy();
    const error = await failure(req);
    assert.equal(error.message, 'socket hang up');
    assert.equal(error.code, 'ECONNRESET');
    await gone(req);
    isGone(agent);
  });

  it('destroy(error) of a socket in use gives the request that error', async () => {
    const server = await httpServer(() => {});
    const agent = agentOf();
    const req = request(server, agent).end();
    const socket = await socketOf(req);
    await once(socket, 'connect');
    const reason = new Error('my own');
    socket.destroy(reason);
    assert.equal(await failure(req), reason);
    await gone(req);
    isGone(agent);
  });

  it('destroy() while connecting never connects', async () => {
    const stuck = await stuckServer();
    const agent = agentOf();
    const req = request(stuck, agent, { host: stuck.host }).end();
    const socket = await socketOf(req);
    socket.on('connect', () => assert.fail('was destroyed'));
    socket.destroy();
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    await gone(socket);
    isGone(agent);
  });

  it('destroySoon() sends what was written first', async () => {
    const { socket, far } = await rawPair();
    const chunks = [];
    far.on('data', (chunk) => chunks.push(chunk));
    const end = once(far, 'end');
    const payload = Buffer.alloc(4 << 20, 'soon');
    socket.write(payload);
    socket.destroySoon();
    assert.equal(socket.writable, false);
    await end;
    assert.ok(Buffer.concat(chunks).equals(payload));
    await gone(socket);
    assert.equal(socket.writableFinished, true);
  });

  it('end() sends the last words, and the other direction goes on', async () => {
    const { socket, far } = await rawPair();
    const heard = [];
    far.on('data', (chunk) => heard.push(chunk.toString()));
    const finished = signal();
    const over = once(far, 'end');
    assert.equal(socket.end('last words', finished.give), socket);
    await finished;
    await over;
    assert.equal(heard.join(''), 'last words');
    far.end('an answer');
    const chunks = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await gone(socket);
    assert.equal(Buffer.concat(chunks).toString(), 'an answer');
  });

  it('writing after end() is an error', async () => {
    const { socket } = await rawPair();
    socket.end();
    socket.write('too late');
    const error = await failure(socket);
    assert.equal(error.code, 'ERR_STREAM_WRITE_AFTER_END');
  });

  it('writing after the other side has ended is EPIPE', async () => {
    const { socket, far } = await rawPair();
    far.end();
    socket.resume();
    await once(socket, 'end');
    const called = signal();
    assert.equal(socket.write('too late', called.give), false);
    const error = await failure(socket);
    assert.equal(error.code, 'EPIPE');
    assert.equal(error.message, 'This socket has been ended by the other party');
    assert.equal((await called).code, 'EPIPE');
  });

  it('resetAndDestroy() makes the server see ECONNRESET', async () => {
    const { socket, far } = await rawPair();
    const reset = failure(far);
    far.resume();
    assert.equal(socket.resetAndDestroy(), socket);
    const error = await reset;
    assert.equal(error.code, 'ECONNRESET');
    await gone(socket);
    assert.equal(socket.destroyed, true);
  });

  it('resetAndDestroy() while connecting waits for the connection', async () => {
    const accepted = signal();
    const server = await rawServer(accepted.give);
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    assert.equal(socket.connecting, true);
    const failed = failure(req);
    socket.resetAndDestroy();
    assert.equal(socket.destroyed, false);
    const error = await failed;
    assert.equal(error.code, 'ECONNRESET');
    (await accepted).resume();
    await gone(socket);
  });

  it('resetAndDestroy() of a closed socket is no exception', async () => {
    const server = await httpServer((_, res) => res.end());
    const { socket } = await exchange(server, agentOf());
    await gone(socket);
    assert.equal(socket.resetAndDestroy(), socket);
  });

  it("a reset by the server is 'error' ECONNRESET and 'close' that had one", async () => {
    const { socket, far } = await rawPair();
    const log = [];
    socket.on('error', (error) => log.push(error));
    socket.on('close', (hadError) => log.push(hadError));
    socket.resume();
    far.resetAndDestroy();
    await gone(socket);
    const [error, hadError] = log;
    assert.equal(error.message, 'read ECONNRESET');
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(error.syscall, 'read');
    assert.equal(error.errno, -require('node:os').constants.errno.ECONNRESET);
    assert.equal(hadError, true);
    assert.equal(log.length, 2);
  });

  it('pause() and resume() hold the data back and let it go', async () => {
    const { socket, far } = await rawPair();
    const heard = [];
    socket.on('data', (chunk) => heard.push(chunk.toString()));
    socket.pause();
    assert.equal(socket.isPaused(), true);
    const sent = signal();
    far.write('held back', sent.give);
    await sent;
    // A round trip the other way: by now the bytes have reached this side.
    const echo = once(far, 'data');
    socket.write('ping');
    await echo;
    assert.deepEqual(heard, []);
    const first = once(socket, 'data');
    socket.resume();
    await first;
    assert.equal(socket.isPaused(), false);
    assert.equal(heard.join(''), 'held back');
  });

  it('a kept socket that is destroyed leaves the agent', async () => {
    const server = await httpServer((_, res) => res.end());
    const agent = agentOf({ keepAlive: true });
    const { socket } = await exchange(server, agent);
    if (Object.keys(agent.freeSockets).length === 0) await once(agent, 'free');
    socket.destroy();
    await gone(socket);
    isGone(agent);
  });
});
