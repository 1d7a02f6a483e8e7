'use strict';

// Writing: backpressure, 'drain', callbacks, cork, and what becomes of writes when the socket dies.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  body,
  cleanUp,
  gone,
  httpServer,
  later,
  rawServer,
  request,
  signal,
  socketOf,
  stuckServer,
} = require('./support/peer');

const MIB = 1 << 20;
const UPGRADE = { connection: 'upgrade', upgrade: 'raw' };
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';

// A server that reads a request's head and then nothing until `read` is given.
async function deafServer(read, onBody) {
  return rawServer((socket) => {
    socket.once('data', async (chunk) => {
      socket.pause();
      const head = chunk.toString('latin1');
      let seen = Buffer.byteLength(head.slice(head.indexOf('\r\n\r\n') + 4), 'latin1');
      await read;
      socket.on('data', (part) => {
        seen += part.length;
        onBody(socket, seen);
      });
      onBody(socket, seen);
      socket.resume();
    });
  });
}

async function rawPair(agentOptions) {
  const accepted = signal();
  const server = await rawServer((socket) => {
    socket.once('data', () => {
      socket.write(SWITCH);
      accepted.give(socket);
    });
  });
  const req = request(server, agentOf(agentOptions), { headers: UPGRADE }).end();
  const [, socket] = await once(req, 'upgrade');
  later(() => socket.destroy());
  return { socket, far: await accepted };
}

async function received(far, bytes) {
  const chunks = [];
  let length = 0;
  for await (const chunk of far.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

describe('backpressure of a request', () => {
  afterEach(cleanUp);

  it("write() returns false and 'drain' follows when the server reads on", async () => {
    const read = signal();
    const total = 48 * MIB;
    const server = await deafServer(read, (socket, seen) => {
      if (seen === total) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
    });
    const req = request(server, agentOf(), {
      method: 'POST',
      headers: { 'content-length': total },
    });
    req.flushHeaders();
    const socket = await socketOf(req);
    await once(socket, 'connect');
    const block = Buffer.alloc(MIB, 'x');
    let written = 0;
    let drains = 0;
    req.on('drain', () => drains++);
    // Until the kernel, and whatever stands before it, takes no more.
    while (written < total) {
      written += block.length;
      if (req.write(block)) continue;
      const drained = once(req, 'drain').then(() => true);
      const quiet = new Promise((done) => setTimeout(done, 400, false));
      if (!(await Promise.race([drained, quiet]))) break;
    }
    assert.ok(written < total, 'a server that does not read must hold the writer back');
    assert.ok(req.writableNeedDrain);
    assert.ok(socket.writableLength > 0);
    const before = drains;
    read.give();
    await once(req, 'drain');
    assert.equal(drains, before + 1);
    assert.equal(req.writableNeedDrain, false);
    for (; written < total; written += block.length) {
      if (!req.write(block)) await once(req, 'drain');
    }
    req.end();
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'done');
    assert.equal(socket.writableLength, 0);
  });

  it('follows the highWaterMark of the agent', async () => {
    const { socket, far } = await rawPair({ highWaterMark: 10 });
    assert.equal(socket.writableHighWaterMark, 10);
    // A write that the kernel has taken already needs no drain.
    if (!socket.write('more than ten bytes')) await once(socket, 'drain');
    assert.equal(socket.writableNeedDrain, false);
    assert.equal((await received(far, 19)).toString(), 'more than ten bytes');
  });
});

describe('the writes of a socket', () => {
  afterEach(cleanUp);

  it('call back in order, once each, without an error', async () => {
    const { socket, far } = await rawPair();
    const log = [];
    let sent = '';
    const last = signal();
    for (let i = 0; i < 200; i++) {
      const text = `${i},`;
      sent += text;
      socket.write(text, (error) => {
        log.push(error ?? i);
        if (i === 199) last.give();
      });
    }
    await last;
    assert.deepEqual(
      log,
      Array.from({ length: 200 }, (_, i) => i),
    );
    assert.equal((await received(far, sent.length)).toString(), sent);
    assert.equal(socket.writableLength, 0);
  });

  for (const length of [100, 65_536, 100_000]) {
    it(`of ${length} bytes, reach the server in spite of a destroy() right behind`, async () => {
      const { socket, far } = await rawPair();
      const bytes = Buffer.alloc(length, 'x');
      socket.write(bytes);
      socket.destroy();
      assert.deepEqual(await received(far, length), bytes);
    });
  }

  it('never call back before write() has returned', async () => {
    const { socket, far } = await rawPair();
    far.resume();
    for (const size of [0, 1, 100_000, 8 * MIB]) {
      let returned = false;
      const called = signal();
      socket.write(Buffer.alloc(size), () => called.give(returned));
      returned = true;
      assert.equal(await called, true);
    }
  });

  it('between cork and uncork stay here, and then leave in order', async () => {
    const { socket, far } = await rawPair();
    socket.cork();
    socket.write('one ');
    socket.write(Buffer.from('two '));
    socket.write('033', 'latin1');
    socket.write('20666f7572', 'hex');
    assert.equal(socket.writableCorked, 1);
    assert.equal(socket.writableLength, 4 + 4 + 3 + 10);
    await new Promise(setImmediate);
    assert.equal(far.readableLength, 0);
    socket.uncork();
    assert.equal((await received(far, 16)).toString(), 'one two 033 four');
  });

  it('corked by the request leave together as well', async () => {
    const server = await httpServer(async (req, res) => res.end(await body(req)));
    const req = request(server, agentOf(), { method: 'POST' });
    req.cork();
    for (const word of ['a', 'b', 'c']) req.write(word);
    req.uncork();
    req.end('d');
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'abcd');
  });

  it('of nothing are allowed', async () => {
    const { socket, far } = await rawPair();
    const called = signal();
    socket.write('');
    socket.write(Buffer.alloc(0));
    socket.cork();
    socket.write('');
    socket.write(Buffer.alloc(0));
    socket.uncork();
    socket.write('x', called.give);
    assert.equal((await called) ?? null, null);
    assert.equal((await received(far, 1)).toString(), 'x');
  });

  it('of what cannot be written throw', async () => {
    const { socket } = await rawPair();
    for (const bad of [1, {}, true, [], undefined]) {
      assert.throws(() => socket.write(bad), { code: 'ERR_INVALID_ARG_TYPE' });
    }
    assert.throws(() => socket.write(null), { code: 'ERR_STREAM_NULL_VALUES' });
    assert.throws(() => socket.write('x', 'klingon'), { code: 'ERR_UNKNOWN_ENCODING' });
  });

  it('after destroy() call back with ERR_STREAM_DESTROYED', async () => {
    const { socket } = await rawPair();
    socket.on('error', (error) => assert.fail(error));
    socket.destroy();
    const called = signal();
    socket.write('too late', called.give);
    assert.equal((await called).code, 'ERR_STREAM_DESTROYED');
    await gone(socket);
  });

  it('pending at destroy() all call back with an error', async () => {
    const { socket, far } = await rawPair();
    far.pause();
    const errors = [];
    const all = signal();
    for (let i = 0; i < 5; i++) {
      socket.write(Buffer.alloc(16 * MIB), (error) => {
        errors.push(error?.code);
        if (errors.length === 5) all.give();
      });
    }
    socket.destroy();
    await all;
    // The first may have been on its way to the kernel.
    assert.ok(
      errors.slice(1).every((code) => ['ERR_STREAM_DESTROYED', 'ECANCELED'].includes(code)),
      `${errors}`,
    );
    await gone(socket);
  });

  it('pending before the connection call back with an error when there is none', async () => {
    const stuck = await stuckServer();
    const req = request(stuck, agentOf(), { host: stuck.host, method: 'POST' });
    req.on('error', () => {});
    const socket = await socketOf(req);
    const called = signal();
    socket.write('never sent', called.give);
    socket.destroy();
    assert.equal((await called).code, 'ERR_SOCKET_CLOSED_BEFORE_CONNECTION');
    await gone(socket);
  });

  it('fail with EPIPE or ECONNRESET when the other side is gone', async () => {
    const { socket, far } = await rawPair();
    far.resetAndDestroy();
    const failed = signal();
    socket.on('error', failed.give);
    // No listener reads, so that only the writes can find out.
    const write = () => {
      if (!socket.destroyed) socket.write(Buffer.alloc(65_536), () => setImmediate(write));
    };
    write();
    const error = await failed;
    assert.ok(['EPIPE', 'ECONNRESET'].includes(error.code), error.code);
    const expected = error.syscall
      ? `${error.syscall} ${error.code}`
      : 'This socket has been ended by the other party';
    assert.equal(error.message, expected);
    await gone(socket);
  });

  it("end(data) emits 'finish' when all of it is with the kernel", async () => {
    const { socket, far } = await rawPair();
    const payload = Buffer.alloc(8 * MIB, 'finish');
    const bytes = received(far, payload.length);
    socket.end(payload);
    await once(socket, 'finish');
    assert.equal(socket.writableFinished, true);
    assert.equal(socket.writableLength, 0);
    assert.ok((await bytes).equals(payload));
  });
});
