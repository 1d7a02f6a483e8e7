'use strict';

// How connections go back and leave: 'free', removeSocket, 'agentRemove'.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const {
  agentWith,
  answer,
  closed,
  counts,
  dispose,
  get,
  request,
  total,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

describe("Agent 'free'", () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('gives the socket and its options, when it has been parked', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const events = [];
    agent.on('free', (...args) => events.push([...args, total(agent.freeSockets)]));
    const { socket } = await answer(get({ port: site.port, mine: 1, agent }));
    assert.equal(events.length, 1);
    const [given, options, parked] = events[0];
    assert.equal(given, socket);
    assert.equal(options.host, '127.0.0.1');
    assert.equal(options.port, site.port);
    assert.equal(options.mine, 1);
    assert.equal(parked, 1);
  });

  it('comes after the end of the answer and the close of the request', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const order = [];
    const req = get({ port: site.port, agent });
    req.on('socket', (socket) => {
      order.push('socket');
      socket.on('free', () => order.push('socket free'));
    });
    req.on('finish', () => order.push('finish'));
    req.on('response', (res) => {
      order.push('response');
      res.on('end', () => order.push('end'));
    });
    req.on('close', () => order.push('close'));
    agent.on('free', () => order.push('agent free'));
    await answer(req);
    assert.deepEqual(
      order.filter((name) => name !== 'finish'),
      ['socket', 'response', 'end', 'close', 'agent free', 'socket free'],
    );
  });

  it('comes for each request that a connection served', async () => {
    const site = await serve();
    const agent = agentWith({ maxSockets: 1 });
    let free = 0;
    agent.on('free', () => free++);
    await Promise.all([1, 2, 3].map(() => answer(get({ port: site.port, agent }))));
    assert.equal(free, 3);
    assert.equal(site.connections, 1);
  });

  it('emitted by hand with a socket of the program serves a waiting request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const waiting = get({ port: site.port, agent });
    const second = answer(waiting);
    const held = await site.next();
    const own = net.connect(site.port, '127.0.0.1');
    await once(own, 'connect');
    agent.emit('free', own, { host: '127.0.0.1', port: site.port });
    assert.deepEqual(Object.keys(agent.requests), []);
    (await site.next()).res.end('by hand');
    const answered = await second;
    assert.equal(answered.body, 'by hand');
    assert.equal(answered.socket, own);
    held.res.end();
    await first;
    own.destroy();
    assert.equal(site.connections, 2);
  });

  it('emitted by hand with a socket that nobody used closes it', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const own = net.connect(site.port, '127.0.0.1');
    await once(own, 'connect');
    agent.emit('free', own, { host: '127.0.0.1', port: site.port });
    assert.ok(own.destroyed);
    assert.equal(total(agent.freeSockets), 0);
  });

  it('emitted by hand with a socket that is closed is no harm', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const own = net.connect(site.port, '127.0.0.1');
    own.destroy();
    agent.emit('free', own, { host: '127.0.0.1', port: site.port });
    assert.equal(total(agent.freeSockets), 0);
    await answer(get({ port: site.port, agent }));
    assert.equal(agent.totalSocketCount, 1);
  });

  it('emitted on a socket that createSocket made serves a waiting request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const waiting = get({ port: site.port, agent });
    const second = answer(waiting);
    agent.createSocket(waiting, { host: '127.0.0.1', port: site.port }, (error, socket) => {
      assert.ok(!error);
      socket.emit('free');
    });
    assert.equal(total(agent.requests), 0);
    assert.equal(total(agent.sockets), 2);
    (await site.next()).res.end();
    (await site.next()).res.end();
    await Promise.all([first, second]);
    assert.equal(site.connections, 2);
  });

  it('removeSocket takes a socket from the view and lets a waiting request go', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const req = get({ port: site.port, agent });
    const first = answer(req);
    const { res } = await site.next();
    const second = answer(get({ port: site.port, agent }));
    agent.removeSocket(req.socket, { host: '127.0.0.1', port: site.port });
    assert.equal(total(agent.requests), 0);
    assert.deepEqual(Object.values(counts(agent.sockets)), [1]);
    assert.ok(!Object.values(agent.sockets)[0].includes(req.socket));
    (await site.next()).res.end();
    await second;
    res.end();
    await first;
    assert.equal(site.connections, 2);
  });

  it('removeSocket of a socket that is not there does nothing', () => {
    const agent = agentWith({ keepAlive: true });
    agent.removeSocket(new net.Socket(), { host: 'a.example', port: 80 });
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it("'agentRemove' takes a socket out for good, its request goes on", async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const req = get({ port: site.port, agent });
    const answered = answer(req);
    const { res } = await site.next();
    req.socket.emit('agentRemove');
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(total(agent.sockets), 0);
    assert.equal(req.socket._httpMessage, req);
    res.end('still');
    assert.equal((await answered).body, 'still');
    assert.equal(total(agent.freeSockets), 0);
    assert.ok(!req.socket.destroyed);
    req.socket.destroy();
    await closed(req.socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it("'agentRemove' lets a waiting request go", async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const req = get({ port: site.port, agent });
    req.on('error', () => {});
    await site.next();
    const second = answer(get({ port: site.port, agent }));
    req.socket.emit('agentRemove');
    assert.equal(total(agent.requests), 0);
    assert.equal(agent.totalSocketCount, 1);
    (await site.next()).res.end();
    await second;
    req.destroy();
  });

  it('an error on a parked socket takes it out', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    socket.emit('error', new Error('mine'));
    assert.ok(socket.destroyed);
    await closed(socket);
    assert.equal(total(agent.freeSockets), 0);
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 2);
  });

  for (const method of ['CONNECT', 'GET']) {
    it(`${method === 'GET' ? 'an upgrade' : 'CONNECT'} takes its socket out of the pool`, async () => {
      const site = await serve();
      const take = (_req, socket) => {
        socket.write('HTTP/1.1 101 Over\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly');
        socket.pipe(socket);
      };
      site.server.on('upgrade', take).on('connect', take);
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const req = request({
        port: site.port,
        method,
        path: method === 'GET' ? '/' : 'a.example:443',
        headers: method === 'GET' ? { connection: 'upgrade', upgrade: 'echo' } : {},
        agent,
      });
      req.end();
      const [, socket, head] = await once(req, method === 'GET' ? 'upgrade' : 'connect');
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(total(agent.sockets), 0);
      const wanted = 'early and late';
      let text = head.toString();
      socket.setEncoding('utf8');
      socket.write(' and late');
      while (text.length < wanted.length) {
        const [chunk] = await once(socket, 'data');
        text += chunk;
      }
      assert.equal(text, wanted);
      await answer(get({ port: site.port, agent }));
      socket.destroy();
      assert.equal(site.connections, 2);
      assert.equal(agent.totalSocketCount, 1);
    });
  }
});
