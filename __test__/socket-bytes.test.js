'use strict';

// bytesRead and bytesWritten, during the life of a socket and after it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  body,
  cannedServer,
  cleanUp,
  exchange,
  gone,
  httpServer,
  rawServer,
  request,
  signal,
  socketOf,
} = require('./support/peer');

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

describe('the byte counts of a socket', () => {
  afterEach(cleanUp);

  it('start at nothing', async () => {
    const server = await cannedServer(ANSWER);
    const req = request(server, agentOf());
    const socket = await socketOf(req);
    assert.equal(socket.bytesRead, 0);
    assert.equal(socket.bytesWritten, 0);
    req.end();
    const [res] = await once(req, 'response');
    res.resume();
    await gone(socket);
  });

  it('are what the server sent and saw', async () => {
    let seen = 0;
    const server = await rawServer((socket) => {
      socket.on('data', (chunk) => {
        seen += chunk.length;
        if (chunk.toString('latin1').endsWith('the end')) socket.write(ANSWER);
      });
    });
    const payload = `${'x'.repeat(1000)}the end`;
    const { socket } = await exchange(server, agentOf(), { method: 'POST' }, payload);
    assert.equal(socket.bytesRead, ANSWER.length);
    assert.equal(socket.bytesWritten, seen);
  });

  it('add up over the requests of a kept connection', async () => {
    const server = await cannedServer(ANSWER);
    const agent = agentOf({ keepAlive: true });
    const first = await exchange(server, agent);
    const written = first.socket.bytesWritten;
    await new Promise(setImmediate);
    const second = await exchange(server, agent);
    assert.equal(second.socket, first.socket);
    assert.equal(second.socket.bytesRead, 2 * ANSWER.length);
    assert.equal(second.socket.bytesWritten, 2 * written);
  });

  it('outlive the socket', async () => {
    const server = await cannedServer(ANSWER);
    const { socket } = await exchange(server, agentOf({ keepAlive: true }));
    const written = socket.bytesWritten;
    socket.destroy();
    await gone(socket);
    assert.equal(socket.bytesRead, ANSWER.length);
    assert.equal(socket.bytesWritten, written);
  });

  it('count what waits for the connection', async () => {
    let far;
    const server = await httpServer((req, res) => {
      far = req.socket;
      req.resume().on('end', () => res.end());
    });
    const req = request(server, agentOf(), { method: 'POST' });
    const socket = await socketOf(req);
    assert.equal(socket.connecting, true);
    req.write('x'.repeat(70));
    const connected = once(socket, 'connect');
    await new Promise((done) => process.nextTick(done));
    const waiting = socket.bytesWritten;
    assert.ok(waiting > 70, `${waiting} bytes wait`);
    req.end('y'.repeat(30));
    await new Promise((done) => process.nextTick(done));
    assert.ok(socket.bytesWritten >= waiting + 30);
    assert.equal(socket.connecting, true);
    await connected;
    const [res] = await once(req, 'response');
    assert.equal(socket.bytesWritten, far.bytesRead);
    res.resume();
  });

  it('count the bytes, not the characters, of what waits', async () => {
    const server = await httpServer((req, res) => req.resume().on('end', () => res.end()));
    const req = request(server, agentOf(), {
      method: 'POST',
      headers: { 'content-length': 3 + 4 + 3 + 2 },
    });
    req.flushHeaders();
    const socket = await socketOf(req);
    await new Promise((done) => process.nextTick(done));
    const head = socket.bytesWritten;
    assert.equal(socket.connecting, true);
    req.write('\u20ac', 'utf8');
    req.write('ab', 'utf16le');
    req.write('\xe9\xe9\xe9', 'latin1');
    req.end('beef', 'hex');
    assert.equal(socket.bytesWritten, head + 12);
    const [res] = await once(req, 'response');
    assert.equal(socket.bytesWritten, head + 12);
    res.resume();
  });

  it('bytesRead grows as the body comes', async () => {
    const next = signal();
    const server = await rawServer((socket) => {
      socket.once('data', async () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst');
        await next;
        socket.write('again');
      });
    });
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    const { socket } = res;
    await once(res, 'data');
    const before = socket.bytesRead;
    assert.equal(before, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst'.length);
    next.give();
    await body(res);
    assert.equal(socket.bytesRead, before + 5);
  });
});
