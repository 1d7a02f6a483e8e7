'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentWith,
  answer,
  closed,
  dispose,
  get,
  request,
  since,
  total,
} = require('./support/agent');
const { closeServers, serve, serveHeld, serveRaw } = require('./support/server');

/** A server that answers every request with these bytes. */
const answering = (text, then = () => {}) =>
  serveRaw((socket) => {
    socket.on('data', () => {
      socket.write(text);
      then(socket);
    });
  });

describe('Agent keep-alive', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('runs many requests over one connection', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 20; i++) {
      const req = get({ port: site.port, agent });
      assert.equal(req.reusedSocket, i > 0);
      assert.equal((await answer(req)).body, '1');
    }
    assert.equal(site.connections, 1);
    assert.equal(site.requests, 20);
    assert.equal(agent.totalSocketCount, 1);
  });

  it('is asked for in the request', async () => {
    const site = await serve((req, res) => res.end(req.headers.connection));
    const connection = async (options) =>
      (await answer(get({ port: site.port, agent: agentWith(options) }))).body;
    assert.equal(await connection({ keepAlive: true }), 'keep-alive');
    assert.equal(await connection({ maxSockets: 2 }), 'keep-alive');
    assert.equal(await connection({}), 'close');
  });

  it('off: each request has a connection of its own', async () => {
    const site = await serve();
    const agent = agentWith();
    for (let i = 1; i <= 3; i++) {
      const req = get({ port: site.port, agent });
      const { body, socket } = await answer(req);
      assert.equal(body, String(i));
      assert.equal(req.reusedSocket, false);
      await closed(socket);
      assert.equal(agent.totalSocketCount, 0);
    }
    assert.equal(site.connections, 3);
  });

  it('off: a connection serves the queue, then closes', async () => {
    const site = await serve();
    const agent = agentWith({ maxSockets: 1 });
    const answers = await Promise.all([1, 2, 3].map(() => answer(get({ port: site.port, agent }))));
    assert.equal(site.connections, 1);
    await closed(answers[2].socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('ends with Connection: close of the server', async () => {
    const site = await serve((_req, res) => res.setHeader('connection', 'close').end());
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const { socket } = await answer(get({ port: site.port, agent }));
      await closed(socket);
      assert.equal(total(agent.freeSockets), 0);
    }
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('ends with Connection: close of the request', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const headers = { connection: 'close' };
    const { socket } = await answer(get({ port: site.port, headers, agent }));
    await closed(socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('does not take place with an HTTP/1.0 server', async () => {
    const site = await answering('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const { body, socket } = await answer(get({ port: site.port, agent }));
      assert.equal(body, 'ok');
      await closed(socket);
    }
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('takes place with an HTTP/1.0 server that says so', async () => {
    const site = await answering(
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    );
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 3; i++) {
      assert.equal((await answer(get({ port: site.port, agent }))).body, 'ok');
    }
    assert.equal(site.connections, 1);
  });

  it('does not take place where the end of the connection ends the body', async () => {
    const site = await answering('HTTP/1.1 200 OK\r\n\r\nuntil the end', (socket) => socket.end());
    const agent = agentWith({ keepAlive: true });
    const { body, socket } = await answer(get({ port: site.port, agent }));
    assert.equal(body, 'until the end');
    await closed(socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('goes on after answers of every framing', async () => {
    const site = await serve((req, res) => {
      req.resume();
      if (req.url === '/204') res.writeHead(204).end();
      else if (req.url === '/304') res.writeHead(304).end();
      else if (req.url === '/chunked') {
        res.write('a');
        res.end('b');
      } else if (req.url === '/trailers') {
        res.writeHead(200, { trailer: 'x-sum' });
        res.write('t');
        res.addTrailers({ 'x-sum': '1' });
        res.end();
      } else if (req.url === '/continue') {
        res.writeEarlyHints({ link: '</a.css>; rel=preload' });
        res.end('c');
      } else res.end('plain');
    });
    const agent = agentWith({ keepAlive: true });
    const bodies = [];
    for (const path of ['/204', '/304', '/chunked', '/trailers', '/continue', '/']) {
      bodies.push((await answer(get({ port: site.port, path, agent }))).body);
    }
    const head = request({ port: site.port, method: 'HEAD', agent });
    head.end();
    bodies.push((await answer(head)).body);
    assert.deepEqual(bodies, ['', '', 'ab', 't', 'c', 'plain', '']);
    assert.equal(site.connections, 1);
  });

  it('does not use a connection that the server closed while it was parked', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    for (const peer of site.sockets) peer.end();
    await closed(socket);
    assert.equal(total(agent.freeSockets), 0);
    assert.equal(agent.totalSocketCount, 0);
    const req = get({ port: site.port, agent });
    assert.equal(req.reusedSocket, false);
    await answer(req);
    assert.equal(site.connections, 2);
  });

  since(22)('does not use a connection that got bytes nobody asked for', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    for (const peer of site.sockets) {
      peer.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    }
    await closed(socket);
    assert.equal(agent.totalSocketCount, 0);
    assert.equal((await answer(get({ port: site.port, agent }))).body, '2');
  });

  it('does not take a connection whose answer came before the body was sent', async () => {
    const site = await serve((_req, res) => res.end('early'));
    const agent = agentWith({ keepAlive: true });
    const req = request({ port: site.port, method: 'POST', agent });
    req.write('first');
    const [res] = await once(req, 'response');
    res.resume();
    await once(res, 'end');
    assert.equal(total(agent.freeSockets), 0);
    const other = answer(get({ port: site.port, agent }));
    assert.equal(total(agent.sockets), 2);
    await other;
    const done = once(req, 'close');
    req.end('last');
    await done;
    assert.equal(site.connections, 2);
    assert.equal(total(agent.freeSockets), 2);
  });

  it('adds no listeners to a socket from request to request', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const listeners = (socket) =>
      Object.fromEntries(
        socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]),
      );
    const { socket } = await answer(get({ port: site.port, agent }));
    const parked = listeners(socket);
    assert.equal(socket.listenerCount('data'), 0);
    for (let i = 0; i < 12; i++) await answer(get({ port: site.port, agent }));
    assert.deepEqual(listeners(socket), parked);
    assert.equal(site.connections, 1);
  });

  it("leaves the client's the one 'data' listener of a socket in use", async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const req = get({ port: site.port, agent });
      const [socket] = await once(req, 'socket');
      assert.equal(socket.listenerCount('data'), 1);
      assert.equal(socket.listenerCount('readable'), 0);
      const answered = answer(req);
      (await site.next()).res.end();
      await answered;
    }
  });
});
