'use strict';

// The bytes of a socket that was handed over are the program's own, ArrayBuffer and all: it may
// even transfer them away.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentOf, cleanUp, exchange, httpServer, later, request } = require('./support/peer');

const UPGRADE = { headers: { connection: 'upgrade', upgrade: 'raw' } };
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';
const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';
const HEAD = Buffer.alloc(700, 'h');
const PART = Buffer.alloc(900, 'p');

// Hands the connection over with HEAD in the same packet and answers each packet with PART.
// GET /<byte> is an ordinary request.
async function handingServer() {
  const server = await httpServer((req, res) => {
    res.end(Buffer.alloc(5000, Number(req.url.slice(1))));
  });
  const handOver = (answer) => (_req, socket) => {
    socket.write(Buffer.concat([Buffer.from(answer), HEAD]));
    socket.on('data', () => socket.write(PART));
  };
  server.server.on('upgrade', handOver(SWITCH));
  server.server.on('connect', handOver(ESTABLISHED));
  return server;
}

async function ordinary(server, agent, byte) {
  const { content } = await exchange(server, agent, { path: `/${byte}` });
  assert.ok(content.equals(Buffer.alloc(5000, byte)));
}

function transfer({ buffer }) {
  structuredClone(buffer, { transfer: [buffer] });
  assert.equal(buffer.byteLength, 0);
}

for (const [title, options, event, answer] of [
  ['an upgrade', UPGRADE, 'upgrade', SWITCH],
  ['a CONNECT', { method: 'CONNECT', path: 'some.host:443' }, 'connect', ESTABLISHED],
]) {
  describe(`what is received after ${title}`, () => {
    afterEach(cleanUp);

    async function handedOver(server, agent) {
      const req = request(server, agent, options).end();
      const [, socket, head] = await once(req, event);
      later(() => socket.destroy());
      return { socket, head };
    }

    it('has an ArrayBuffer of its own, which may be transferred', async () => {
      const server = await handingServer();
      const agent = agentOf({ keepAlive: true });
      await ordinary(server, agent, 1);
      const { socket, head } = await handedOver(server, agent);
      // What came apart from the head, if it did.
      let rest = HEAD.length - head.length;
      for (let i = 2; i < 12; i++) {
        socket.write('more');
        for (rest += PART.length; rest > 0; ) {
          const [chunk] = await once(socket, 'data');
          rest -= chunk.length;
          assert.equal(chunk.byteOffset, 0);
          assert.equal(chunk.buffer.byteLength, chunk.length);
          transfer(chunk);
        }
        await ordinary(server, agent, i);
      }
    });

    it('shares the ArrayBuffer of the head with nobody either', async () => {
      const server = await handingServer();
      const agent = agentOf({ keepAlive: true });
      for (let i = 1; i < 11; i++) {
        const others = [i, i + 100].map((byte) => ordinary(server, agent, byte));
        const { head } = await handedOver(server, agent);
        assert.ok(head.equals(HEAD.subarray(0, head.length)));
        assert.ok(head.buffer.byteLength <= answer.length + HEAD.length);
        if (head.length > 0) transfer(head);
        await Promise.all(others);
        await ordinary(server, agent, i);
      }
    });
  });
}
