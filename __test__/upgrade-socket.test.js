'use strict';

// What a program may do with a socket that was handed over: all that a net.Socket can.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
const { agentOf, cleanUp, gone, later, rawServer, request, signal } = require('./support/peer');

const MIB = 1 << 20;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';

async function rawPair(first = '', agent = agentOf()) {
  const accepted = signal();
  const server = await rawServer((socket) => {
    socket.once('data', () => {
      socket.write(SWITCH + first);
      accepted.give(socket);
    });
  });
  const headers = { connection: 'upgrade', upgrade: 'raw' };
  const req = request(server, agent, { headers }).end();
  const [, socket, head] = await once(req, 'upgrade');
  later(() => socket.destroy());
  return { socket, head, far: await accepted };
}

async function text(stream, length) {
  let seen = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    if (seen.length >= length) break;
  }
  return seen;
}

describe('a socket that was handed over', () => {
  afterEach(cleanUp);

  it('takes its head back by unshift', async () => {
    const { socket, head, far } = await rawPair('the head');
    assert.equal(head.toString(), 'the head');
    socket.unshift(head);
    far.write(' and the rest');
    assert.equal(await text(socket, 21), 'the head and the rest');
  });

  it('waits for its reader, who may come late', async () => {
    const { socket, far } = await rawPair();
    far.write('written early');
    const echo = once(far, 'data');
    socket.write('x');
    await echo;
    assert.equal(await text(socket, 13), 'written early');
  });

  it('can be read with read() and readable', async () => {
    const { socket, far } = await rawPair();
    far.write('abcdef');
    let seen = '';
    while (seen.length < 6) {
      const part = socket.read(2);
      if (part === null) await once(socket, 'readable');
      else seen += part;
    }
    assert.equal(seen, 'abcdef');
  });

  it('can be paused and resumed many times without losing a byte', async () => {
    const { socket, far } = await rawPair();
    const total = 4 * MIB;
    const payload = Buffer.alloc(total);
    for (let i = 0; i < total; i++) payload[i] = i % 253;
    far.end(payload);
    let seen = 0;
    let pauses = 0;
    socket.on('data', (chunk) => {
      assert.ok(chunk.equals(payload.subarray(seen, seen + chunk.length)));
      seen += chunk.length;
      socket.pause();
      pauses++;
      setImmediate(() => socket.resume());
    });
    await once(socket, 'end');
    assert.equal(seen, total);
    assert.ok(pauses > 1);
    await gone(socket);
  });

  it('can be piped to and from', async () => {
    const { socket, far } = await rawPair();
    far.pipe(far);
    const parts = Array.from({ length: 200 }, (_, i) => Buffer.alloc(7001, i));
    const sent = pipeline(Readable.from(parts), socket);
    const chunks = [];
    for await (const chunk of socket) chunks.push(chunk);
    await sent;
    assert.ok(Buffer.concat(chunks).equals(Buffer.concat(parts)));
  });

  it('can be set to an encoding', async () => {
    const { socket, far } = await rawPair();
    socket.setEncoding('utf8');
    const euro = Buffer.from('\u20ac');
    far.write(euro.subarray(0, 1));
    const echo = once(far, 'data');
    socket.write('x');
    await echo;
    far.end(euro.subarray(1));
    let seen = '';
    for await (const part of socket) seen += part;
    assert.equal(seen, '\u20ac');
  });

  it('ends when both sides have, and says so once', async () => {
    const { socket, far } = await rawPair();
    const log = [];
    for (const name of ['finish', 'end', 'close']) socket.on(name, () => log.push(name));
    far.resume().on('end', () => far.end());
    socket.resume();
    socket.end('bye');
    await gone(socket);
    assert.deepEqual(log, ['finish', 'end', 'close']);
    assert.equal(socket._readableState.endEmitted, true);
    assert.equal(socket._writableState.finished, true);
    assert.equal(socket._readableState.length, 0);
    assert.equal(socket._writableState.length, 0);
  });

  it('ends its own side when the other does', async () => {
    const { socket, far } = await rawPair();
    const over = once(far.resume(), 'end');
    far.end();
    socket.resume();
    await over;
    await gone(socket);
    assert.equal(socket.destroyed, true);
  });

  it('times out like any other', async () => {
    const { socket } = await rawPair();
    socket.setTimeout(20);
    await once(socket, 'timeout');
    assert.equal(socket.destroyed, false);
  });

  it("no longer knows the request's and the agent's timeout listeners", async () => {
    const agent = agentOf({ keepAlive: true, timeout: 60_000 });
    const { socket } = await rawPair('', agent);
    socket.setTimeout(20);
    await once(socket, 'timeout');
    await new Promise(setImmediate);
    assert.equal(socket._httpMessage, null);
    assert.equal(socket.destroyed, false);
  });

  it('answers a reset with an error of its own', async () => {
    const { socket, far } = await rawPair();
    const failed = once(socket, 'error');
    socket.resume();
    far.resetAndDestroy();
    const [error] = await failed;
    assert.equal(error.code, 'ECONNRESET');
    await gone(socket);
  });
});
