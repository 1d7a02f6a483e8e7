'use strict';

// Socket events run in the async context of the request that holds the socket.

const assert = require('node:assert/strict');
const { AsyncLocalStorage, executionAsyncId } = require('node:async_hooks');
const { once } = require('node:events');
const {
  agentOf,
  cannedServer,
  cleanUp,
  closedPort,
  gone,
  httpServer,
  later,
  rawServer,
  request,
} = require('./support/peer');

const SOCKET_EVENTS = ['lookup', 'connect', 'ready', 'timeout', 'error', 'end', 'close'];

// Runs a request within a context of its own; gives what each event saw there.
function inContext(storage, name, start) {
  return new Promise((done) => {
    storage.run(name, () => {
      const seen = {};
      const note = (event) => () => {
        seen[event] = storage.getStore();
      };
      const req = start();
      req.on('socket', (socket) => {
        note('socket')();
        // Used many times, it gets the listeners of many tests' requests.
        socket.setMaxListeners(0);
        for (const event of SOCKET_EVENTS) socket.once(event, note(event));
      });
      req.on('error', note('request error'));
      req.on('finish', note('finish'));
      req.on('response', (res) => {
        note('response')();
        res.on('data', note('data'));
        res.on('end', note('response end'));
      });
      req.on('close', () => {
        note('request close')();
        setImmediate(() => done({ req, seen }));
      });
    });
  });
}

function assertAll(seen, name, events) {
  for (const event of events) assert.equal(seen[event], name, `'${event}'`);
}

describe('the async context of socket events', () => {
  afterEach(cleanUp);

  it('is that of the request', async () => {
    const storage = new AsyncLocalStorage();
    const answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody';
    const server = await cannedServer(answer, (socket) => socket.end());
    const agent = agentOf();
    const { req, seen } = await inContext(storage, 'mine', () => request(server, agent).end());
    await gone(req.socket);
    assertAll(seen, 'mine', [
      'socket',
      'connect',
      'ready',
      'finish',
      'response',
      'data',
      'response end',
      'request close',
      'end',
    ]);
  });

  it("is that of the request for 'error' and 'close' when nobody listens there", async () => {
    const storage = new AsyncLocalStorage();
    const port = await closedPort();
    const { req, seen } = await inContext(storage, 'refused', () =>
      request({ port }, agentOf()).end(),
    );
    await gone(req.socket);
    await new Promise(setImmediate);
    assertAll(seen, 'refused', ['socket', 'error', 'request error', 'request close', 'close']);
  });

  it("is that of the request for 'timeout'", async () => {
    const storage = new AsyncLocalStorage();
    const server = await httpServer(() => {});
    const agent = agentOf();
    const { seen } = await inContext(storage, 'slow', () => {
      const req = request(server, agent, { timeout: 20 }).end();
      req.on('timeout', () => req.destroy());
      return req;
    });
    assertAll(seen, 'slow', ['timeout', 'request error', 'request close']);
  });

  it("is that of the request for 'lookup'", async () => {
    const storage = new AsyncLocalStorage();
    const server = await httpServer((_, res) => res.end('x'));
    const { seen } = await inContext(storage, 'named', () =>
      request(server, agentOf(), { host: 'localhost', family: 4 }).end(),
    );
    assertAll(seen, 'named', ['lookup', 'connect', 'response', 'request close']);
  });

  it('is that of the later request when the socket is used again', async () => {
    const storage = new AsyncLocalStorage();
    const server = await httpServer((_, res) => res.end('x'));
    const agent = agentOf({ keepAlive: true });
    const sockets = new Set();
    for (const name of ['first', 'second', 'third']) {
      const { req, seen } = await inContext(storage, name, () => request(server, agent).end());
      sockets.add(req.socket);
      assertAll(seen, name, ['socket', 'response', 'data', 'response end', 'request close']);
    }
    assert.equal(sockets.size, 1);
  });

  for (const how of ['ends', 'resets']) {
    it(`is that of the later request when the server ${how} the connection`, async () => {
      const storage = new AsyncLocalStorage();
      const server = await rawServer((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
          socket.once('data', () => (how === 'ends' ? socket.end() : socket.resetAndDestroy()));
        });
      });
      const agent = agentOf({ keepAlive: true });
      const first = await inContext(storage, 'first', () => request(server, agent).end());
      const { req, seen } = await inContext(storage, 'second', () => request(server, agent).end());
      assert.equal(req.socket, first.req.socket);
      const event = how === 'ends' ? 'end' : 'error';
      assertAll(seen, 'second', [event, 'request error', 'request close', 'close']);
    });
  }

  it('is that of the request that was queued, once it has the socket', async () => {
    const storage = new AsyncLocalStorage();
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
        socket.once('data', () => socket.end());
      });
    });
    const agent = agentOf({ keepAlive: true, maxSockets: 1 });
    const [first, queued] = await Promise.all(
      ['first', 'queued'].map((name) =>
        inContext(storage, name, () => request(server, agent).end()),
      ),
    );
    assert.equal(queued.req.socket, first.req.socket);
    assertAll(queued.seen, 'queued', ['socket', 'end', 'request error', 'request close']);
  });

  it('is that of the request whose upgrade the socket carries', async () => {
    const storage = new AsyncLocalStorage();
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
        socket.once('data', () => {
          socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n');
          socket.once('data', () => socket.write('later'));
        });
      });
    });
    const agent = agentOf({ keepAlive: true });
    const first = await inContext(storage, 'first', () => request(server, agent).end());
    const headers = { connection: 'upgrade', upgrade: 'raw' };
    const seen = await storage.run('upgrade', () => {
      const req = request(server, agent, { headers }).end();
      return new Promise((done) => {
        req.on('upgrade', (_res, socket) => {
          later(() => socket.destroy());
          assert.equal(socket, first.req.socket);
          const store = storage.getStore();
          socket.on('data', () => done([store, storage.getStore()]));
          socket.write('now');
        });
      });
    });
    assert.deepEqual(seen, ['upgrade', 'upgrade']);
  });

  it('of many at once is not mixed up', async () => {
    const storage = new AsyncLocalStorage();
    const server = await httpServer((_, res) => res.end('x'));
    const agent = agentOf({ keepAlive: true, maxSockets: 7 });
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const { seen } = await inContext(storage, i, () => request(server, agent).end());
        assertAll(seen, i, ['socket', 'response', 'data', 'response end', 'request close']);
      }),
    );
    assert.equal(storage.getStore(), undefined);
  });

  it('outside of any is empty', async () => {
    const storage = new AsyncLocalStorage();
    const server = await httpServer((_, res) => res.end('x'));
    const agent = agentOf({ keepAlive: true });
    await inContext(storage, 'inside', () => request(server, agent).end());
    const outside = await storage.exit(() => {
      const req = request(server, agent).end();
      return new Promise((done) => {
        req.on('response', (res) => {
          const store = storage.getStore();
          res.on('data', () => done([store, storage.getStore()]));
        });
      });
    });
    assert.deepEqual(outside, [undefined, undefined]);
  });

  it('has an execution id of its own for each use of the socket', async () => {
    const server = await httpServer((_, res) => res.end('x'));
    const agent = agentOf({ keepAlive: true });
    const ids = [];
    for (let i = 0; i < 3; i++) {
      const req = request(server, agent).end();
      const [res] = await once(req, 'response');
      res.once('data', () => ids.push(executionAsyncId()));
      await gone(req);
    }
    assert.equal(new Set(ids).size, 3);
    for (const id of ids) assert.ok(id > 0, `${id}`);
    assert.equal(server.connections, 1);
  });
});
