'use strict';

// How a response's end is found: lengths, chunks, statuses without a body, 1xx and trailers.

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
} = require('./support/peer');

// Two exchanges must use one connection: only then was the end of the first found exactly.
async function twice(server, options = {}) {
  const agent = agentOf({ keepAlive: true });
  const first = await exchange(server, agent, options);
  await gone(first.req);
  const second = await exchange(server, agent, options);
  assert.equal(second.socket, first.socket);
  assert.equal(second.req.reusedSocket, true);
  assert.equal(server.connections, 1);
  return second;
}

describe("a response's framing", () => {
  afterEach(cleanUp);

  it('by length', async () => {
    const server = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    assert.equal((await twice(server)).text, 'hello');
  });

  it('by an empty length', async () => {
    const server = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal((await twice(server)).text, '');
  });

  it('by chunks, with extensions', async () => {
    const server = await cannedServer(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '5\r\nhello\r\n1;a=b\r\n \r\n5\r\nworld\r\n0\r\n\r\n',
    );
    assert.equal((await twice(server)).text, 'hello world');
  });

  it('by the end of the connection', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it';
    const server = await cannedServer(answer, (socket) => socket.end());
    const agent = agentOf({ keepAlive: true });
    const { text, socket } = await exchange(server, agent);
    assert.equal(text, 'all of it');
    await gone(socket);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
  });

  it('of HTTP/1.0, with and without keep-alive', async () => {
    const kept = await cannedServer(
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold',
    );
    assert.equal((await twice(kept)).text, 'old');
    const closing = await cannedServer('HTTP/1.0 200 OK\r\n\r\nolder', (socket) => socket.end());
    const { text, res } = await exchange(closing, agentOf({ keepAlive: true }));
    assert.equal(text, 'older');
    assert.equal(res.httpVersion, '1.0');
  });

  for (const status of ['204 No Content', '304 Not Modified']) {
    it(`of ${status} has no body`, async () => {
      const server = await cannedServer(`HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`);
      const { text, res } = await twice(server);
      assert.equal(text, '');
      assert.equal(res.complete, true);
    });
  }

  it('of HEAD has no body, whatever length it names', async () => {
    const server = await cannedServer('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    const { text, res } = await twice(server, { method: 'HEAD' });
    assert.equal(text, '');
    assert.equal(res.headers['content-length'], '1000');
  });

  it('that comes one byte at a time', async () => {
    const answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n' +
      '3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n';
    const server = await rawServer((socket) => {
      socket.on('data', async () => {
        for (const letter of answer) {
          socket.write(letter);
          await new Promise(setImmediate);
        }
      });
    });
    const { text, res } = await twice(server);
    assert.equal(text, 'abc');
    assert.deepEqual({ ...res.trailers }, { 'x-sum': '6' });
    assert.deepEqual(res.rawTrailers, ['X-Sum', '6']);
  });

  it('of queued requests goes to the request it is for', async () => {
    const server = await httpServer((req, res) => res.end(`for ${req.url}`));
    const agent = agentOf({ keepAlive: true, maxSockets: 1 });
    const all = [];
    for (let i = 0; i < 20; i++) all.push(exchange(server, agent, { path: `/${i}` }));
    const texts = (await Promise.all(all)).map(({ text }) => text);
    assert.deepEqual(
      texts,
      texts.map((_, i) => `for /${i}`),
    );
    assert.equal(server.connections, 1);
  });
});

describe('informational responses', () => {
  afterEach(cleanUp);

  it("100 emits 'continue' and the body goes out after it", async () => {
    const server = await httpServer(() => assert.fail('checkContinue has it'));
    server.server.on('checkContinue', (req, res) => {
      res.writeContinue();
      req.on('data', (chunk) => res.write(chunk));
      req.on('end', () => res.end());
    });
    const req = request(server, agentOf({ keepAlive: true }), {
      method: 'POST',
      headers: { expect: '100-continue' },
    });
    const seen = signal();
    req.on('information', ({ statusCode }) => seen.give(statusCode));
    req.on('continue', () => req.end('after the nod'));
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'after the nod');
    assert.equal(await seen, 100);
  });

  it("102 and 103 emit 'information', and the response follows", async () => {
    const server = await cannedServer(
      'HTTP/1.1 102 Processing\r\n\r\n' +
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n' +
        'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    );
    const agent = agentOf({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const req = request(server, agent).end();
      const hints = [];
      req.on('information', ({ statusCode, headers }) => hints.push([statusCode, headers.link]));
      const [res] = await once(req, 'response');
      assert.equal((await body(res)).toString(), 'ok');
      assert.deepEqual(hints, [
        [102, undefined],
        [103, '</a.css>; rel=preload'],
      ]);
      await gone(req);
    }
    assert.equal(server.connections, 1);
  });

  it('a response before the request has ended is delivered', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!');
      });
      socket.resume();
    });
    const req = request(server, agentOf(), { method: 'POST' });
    req.on('error', () => {});
    req.write('the first of much');
    const [res] = await once(req, 'response');
    assert.equal(res.statusCode, 413);
    assert.equal((await body(res)).toString(), 'no!');
    req.destroy();
    await gone(req);
  });
});

describe('trailers', () => {
  afterEach(cleanUp);

  it('of the response are there at its end', async () => {
    const server = await httpServer((_, res) => {
      res.writeHead(200, { trailer: 'x-digest' });
      res.write('some');
      res.addTrailers({ 'x-digest': 'abc' });
      res.end('thing');
    });
    const { res, text } = await twice(server);
    assert.equal(text, 'something');
    assert.equal(res.trailers['x-digest'], 'abc');
  });

  it('of the request reach the server', async () => {
    const server = await httpServer(async (req, res) => {
      const content = await body(req);
      res.end(`${content} ${req.trailers['x-digest']}`);
    });
    const headers = { trailer: 'x-digest', 'transfer-encoding': 'chunked' };
    const req = request(server, agentOf(), { method: 'POST', headers });
    req.write('some');
    req.addTrailers({ 'x-digest': 'abc' });
    req.end('thing');
    const [res] = await once(req, 'response');
    assert.equal((await body(res)).toString(), 'something abc');
  });
});
