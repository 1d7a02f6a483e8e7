'use strict';

// An upgrade or a CONNECT hands the socket to the program: nothing is lost, and the pool lets go.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const {
  agentOf,
  cleanUp,
  exchange,
  gone,
  httpServer,
  later,
  rawServer,
  request,
  signal,
} = require('./support/peer');

const MIB = 1 << 20;
const HEADERS = { connection: 'upgrade', upgrade: 'echo' };
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';

// Upgrades every request, says `first` and then echoes.
async function echoServer(first = '') {
  const server = await httpServer((_, res) => res.end('plain'));
  const echo = (_req, socket, head) => {
    socket.write(first);
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  };
  server.server.on('upgrade', (req, socket, head) => {
    socket.write(SWITCH);
    echo(req, socket, head);
  });
  server.server.on('connect', (req, socket, head) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    echo(req, socket, head);
  });
  return server;
}

async function upgraded(server, agent, options = { headers: HEADERS }, event = 'upgrade') {
  const req = request(server, agent, options).end();
  const [res, socket, head] = await once(req, event);
  later(() => socket.destroy());
  return { req, res, socket, head };
}

async function read(socket, bytes) {
  const chunks = [];
  let length = 0;
  if (bytes === 0) return Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks);
}

const KINDS = [
  ['an upgrade', { headers: HEADERS }, 'upgrade', 101],
  ['a CONNECT', { method: 'CONNECT', path: 'some.host:443' }, 'connect', 200],
];

for (const [title, options, event, status] of KINDS) {
  describe(title, () => {
    afterEach(cleanUp);

    it('hands over the response, the socket and its first bytes', async () => {
      const server = await echoServer('first bytes');
      const { res, socket, head } = await upgraded(server, agentOf(), options, event);
      assert.equal(res.statusCode, status);
      assert.ok(socket instanceof net.Socket);
      assert.ok(Buffer.isBuffer(head));
      const rest = await read(socket, 'first bytes'.length - head.length);
      assert.equal(Buffer.concat([head, rest]).toString(), 'first bytes');
    });

    it('gives the bytes of the same packet as the head', async () => {
      const reply = event === 'upgrade' ? SWITCH : 'HTTP/1.1 200 OK\r\n\r\n';
      const server = await rawServer((socket) => {
        socket.once('data', () => socket.write(`${reply}and more`));
      });
      const { head } = await upgraded(server, agentOf(), options, event);
      assert.equal(head.toString(), 'and more');
    });

    it('carries data both ways afterwards', async () => {
      const server = await echoServer();
      const { socket } = await upgraded(server, agentOf(), options, event);
      const payload = Buffer.alloc(MIB);
      for (let i = 0; i < MIB; i++) payload[i] = i % 251;
      const back = read(socket, MIB);
      for (let at = 0; at < MIB; at += 10_000) socket.write(payload.subarray(at, at + 10_000));
      assert.ok((await back).equals(payload));
    });

    it('takes the socket out of the pool', async () => {
      const server = await echoServer();
      const agent = agentOf({ keepAlive: true, maxSockets: 1 });
      const req = request(server, agent, options).end();
      const [socket] = await once(req, 'socket');
      const removed = signal();
      socket.once('agentRemove', removed.give);
      await once(req, event);
      later(() => socket.destroy());
      await removed;
      assert.deepEqual(Object.keys(agent.sockets), []);
      assert.deepEqual(Object.keys(agent.freeSockets), []);
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(socket.destroyed, false);
    });

    it('makes room for the next request', async () => {
      const server = await echoServer();
      const agent = agentOf({ keepAlive: true, maxSockets: 1, maxTotalSockets: 1 });
      const first = upgraded(server, agent, options, event);
      const second = exchange(server, agent);
      const { socket } = await first;
      const { text, socket: other } = await second;
      assert.equal(text, 'plain');
      assert.notEqual(other, socket);
    });

    it('outlives the agent', async () => {
      const server = await echoServer();
      const agent = agentOf({ keepAlive: true });
      const { socket } = await upgraded(server, agent, options, event);
      agent.destroy();
      const back = read(socket, 5);
      socket.write('still');
      assert.equal((await back).toString(), 'still');
    });

    it('closes its request', async () => {
      const server = await echoServer();
      const { req } = await upgraded(server, agentOf(), options, event);
      await gone(req);
      assert.equal(req.destroyed, true);
    });

    it('without a listener is destroyed', async () => {
      const server = await echoServer();
      const agent = agentOf({ keepAlive: true });
      const req = request(server, agent, options).end();
      req.on('response', () => assert.fail('is no ordinary response'));
      req.on('error', () => {});
      await gone(req);
      await gone(req.socket);
      assert.equal(req.socket.destroyed, true);
      assert.equal(agent.totalSocketCount, 0);
    });

    it('works over a connection that was used before', async () => {
      const server = await echoServer();
      const agent = agentOf({ keepAlive: true });
      // The name under which a CONNECT's connection is kept is that of its host and port.
      const before = await exchange(server, agent);
      await gone(before.req);
      const { socket } = await upgraded(server, agent, options, event);
      assert.equal(socket, before.socket);
      const back = read(socket, 4);
      socket.write('echo');
      assert.equal((await back).toString(), 'echo');
    });
  });
}

describe('an upgrade that is refused', () => {
  afterEach(cleanUp);

  it('is an ordinary response over a connection that is kept', async () => {
    const server = await httpServer((_, res) => res.end('no'));
    const agent = agentOf({ keepAlive: true });
    const options = { headers: { connection: 'keep-alive, upgrade', upgrade: 'echo' } };
    for (let i = 0; i < 2; i++) {
      const { req, text } = await exchange(server, agent, options);
      assert.equal(text, 'no');
      await gone(req);
    }
  });
});
