'use strict';

// Responses that break off, and servers that send what they should not.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentOf,
  body,
  cannedServer,
  cleanUp,
  exchange,
  failure,
  gone,
  httpServer,
  rawServer,
  request,
  signal,
} = require('./support/peer');

function isGone(agent) {
  assert.deepEqual(Object.keys(agent.sockets), []);
  assert.deepEqual(Object.keys(agent.freeSockets), []);
  assert.equal(agent.totalSocketCount, 0);
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';

async function brokenOff(server, agent) {
  const req = request(server, agent).end();
  const [res] = await once(req, 'response');
  const log = [];
  res.on('data', (chunk) => log.push(chunk.toString()));
  res.on('aborted', () => log.push('aborted'));
  res.on('error', (error) => log.push(error));
  res.on('end', () => log.push('end'));
  const closed = gone(res);
  await closed;
  await gone(req);
  await gone(req.socket);
  return { req, res, log };
}

describe('a response that breaks off', () => {
  afterEach(cleanUp);

  it("with the connection's end is 'aborted' and ECONNRESET", async () => {
    const server = await cannedServer(HALF, (socket) => socket.end());
    const agent = agentOf({ keepAlive: true });
    const { res, log } = await brokenOff(server, agent);
    assert.equal(log.length, 3);
    assert.deepEqual(log.slice(0, 2), ['half', 'aborted']);
    assert.equal(log[2].code, 'ECONNRESET');
    assert.equal(log[2].message, 'aborted');
    assert.equal(res.complete, false);
    assert.equal(res.aborted, true);
    isGone(agent);
  });

  it('with a reset is the same for the response', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => socket.write(HALF));
    });
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    req.on('error', () => {});
    const [res] = await once(req, 'response');
    await once(res, 'data');
    const failed = failure(res);
    const [far] = server.sockets;
    far.resetAndDestroy();
    const error = await failed;
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(res.complete, false);
    await gone(req);
    isGone(agent);
  });

  it('within a chunk is the same', async () => {
    const server = await cannedServer(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf',
      (socket) => socket.end(),
    );
    const agent = agentOf({ keepAlive: true });
    const { log } = await brokenOff(server, agent);
    assert.deepEqual(log.slice(0, 2), ['half', 'aborted']);
    assert.equal(log[2].code, 'ECONNRESET');
    isGone(agent);
  });

  it('within its head hangs up the request', async () => {
    const server = await cannedServer('HTTP/1.1 200 OK\r\nContent-Le', (socket) => socket.end());
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.equal(error.message, 'socket hang up');
    assert.equal(error.code, 'ECONNRESET');
    await gone(req);
    isGone(agent);
  });

  it('before its head hangs up the request', async () => {
    const server = await rawServer((socket) => socket.once('data', () => socket.end()));
    const agent = agentOf();
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.equal(error.message, 'socket hang up');
    assert.equal(error.code, 'ECONNRESET');
    await gone(req);
    isGone(agent);
  });

  it('before its head with a reset is ECONNRESET of read', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const agent = agentOf();
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(error.syscall, 'read');
    await gone(req);
    isGone(agent);
  });

  it('lets the requests that wait go on', async () => {
    let count = 0;
    const server = await rawServer((socket) => {
      socket.on('data', () => {
        if (count++ % 2 === 0) socket.end(HALF);
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const agent = agentOf({ keepAlive: true, maxSockets: 1 });
    const outcomes = [];
    const all = [];
    for (let i = 0; i < 6; i++) {
      all.push(
        exchange(server, agent).then(
          ({ text }) => outcomes.push(text),
          (error) => outcomes.push(error.code),
        ),
      );
    }
    await Promise.all(all);
    const expected = ['ECONNRESET', 'ok', 'ECONNRESET', 'ok', 'ECONNRESET', 'ok'];
    assert.deepEqual(outcomes, expected);
  });
});

describe('a consumer that gives up', () => {
  afterEach(cleanUp);

  it('mid-body closes the connection', async () => {
    const farGone = signal();
    const server = await httpServer((req, res) => {
      res.writeHead(200, { 'content-length': 1 << 30 });
      res.write(Buffer.alloc(1 << 20));
      req.socket.on('close', farGone.give);
    });
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const [res] = await once(req, 'response');
    await once(res, 'data');
    res.destroy();
    await farGone;
    await gone(req);
    await gone(req.socket);
    isGone(agent);
  });

  it('with an error gets that error', async () => {
    const server = await httpServer((_, res) => {
      res.writeHead(200, { 'content-length': 100 });
      res.write('a bit');
    });
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    req.on('error', () => {});
    const [res] = await once(req, 'response');
    const reason = new Error('no more');
    const failed = failure(res);
    res.destroy(reason);
    assert.equal(await failed, reason);
    await gone(req);
    isGone(agent);
  });

  it('by leaving a for-await loop closes the connection too', async () => {
    const server = await httpServer((_, res) => {
      res.writeHead(200, { 'content-length': 1 << 30 });
      res.write(Buffer.alloc(1 << 20));
    });
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const [res] = await once(req, 'response');
    for await (const chunk of res) {
      assert.ok(chunk.length > 0);
      break;
    }
    await gone(req);
    await gone(req.socket);
    isGone(agent);
  });

  it('before the response makes it ECONNRESET, or the error given', async () => {
    const server = await httpServer(() => {});
    for (const reason of [undefined, new Error('changed my mind')]) {
      const agent = agentOf({ keepAlive: true });
      const req = request(server, agent).end();
      await once(req, 'socket').then(([socket]) => once(socket, 'connect'));
      const failed = failure(req);
      req.destroy(reason);
      const error = await failed;
      if (reason) assert.equal(error, reason);
      else assert.equal(error.code, 'ECONNRESET');
      await gone(req);
      await gone(req.socket);
      isGone(agent);
    }
  });
});

describe('a server that talks out of turn', () => {
  afterEach(cleanUp);

  it('with no HTTP at all is a parse error', async () => {
    const server = await cannedServer('nonsense\r\n\r\n');
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.match(error.code, /^HPE_/);
    assert.equal(error.rawPacket.toString(), 'nonsense\r\n\r\n');
    await gone(req);
    isGone(agent);
  });

  it('with a second response in the same packet never answers the next request by it', async () => {
    const one = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none';
    const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    const server = await cannedServer(one + evil);
    const agent = agentOf({ keepAlive: true });
    for (let i = 0; i < 3; i++) {
      const req = request(server, agent).end();
      const outcome = await new Promise((done) => {
        req.on('error', (error) => done(error.code));
        req.on('response', (res) => body(res).then((content) => done(content.toString()), done));
      });
      assert.notEqual(outcome, 'evil');
      await gone(req);
      await gone(req.socket);
    }
  });

  it('with garbage after the response closes the connection', async () => {
    const server = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nonegarbage');
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent).end();
    req.on('error', () => {});
    const [res] = await once(req, 'response');
    res.on('error', () => {}).resume();
    await gone(req.socket);
    isGone(agent);
  });

  it('with two lengths is refused', async () => {
    const server = await cannedServer(
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    );
    const error = await failure(request(server, agentOf()).end());
    assert.match(error.code, /^HPE_/);
  });

  it('with headers beyond maxHeaderSize is refused', async () => {
    const server = await cannedServer(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(5000)}\r\n\r\n`);
    const error = await failure(request(server, agentOf(), { maxHeaderSize: 1000 }).end());
    assert.equal(error.code, 'HPE_HEADER_OVERFLOW');
  });
});
