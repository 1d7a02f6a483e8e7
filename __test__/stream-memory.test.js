'use strict';

// The memory into which the I/O thread receives is filled again and again. Whatever way a program
// has of getting hold of received bytes, they stay as they were, and nobody else's are beside them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentOf, body, cleanUp, exchange, gone, rawServer, request } = require('./support/peer');

const REST = 'R'.repeat(5_000);

// Answers by the path: an upgrade, garbage, or a length of one letter.
function answers() {
  return rawServer((socket) => {
    socket.on('data', (head) => {
      const [, path] = head.toString('latin1').split(' ');
      if (path === '/upgrade') {
        socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
        const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n';
        socket.write(`${upgrade}\r\n${REST}`);
      } else if (path === '/garbage') {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: x${REST}\r\n\r\n`);
      } else {
        const letter = path.slice(1);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n${letter.repeat(30_000)}`);
      }
    });
  });
}

// Enough answers that all memory which is free has been filled again.
async function fillAgain(server, agent) {
  for (let i = 0; i < 300; i++) await exchange(server, agent, { path: '/y' });
}

// What a program kept of a request, and a copy of what it was at that time.
async function keeps(take) {
  const server = await answers();
  const agent = agentOf({ keepAlive: true, maxSockets: 1 });
  await exchange(server, agent, { path: '/x' });
  const kept = [];
  const keep = (chunk) => kept.push({ chunk, copy: Buffer.from(chunk) });
  await take(server, agent, keep);
  await fillAgain(server, agent);
  assert.ok(kept.length > 0);
  for (const { chunk, copy } of kept) assert.ok(copy.equals(chunk), 'it has changed');
  return kept.map(({ copy }) => copy);
}

describe('received bytes that a program gets hold of', () => {
  afterEach(cleanUp);

  it('by the raw packet of a parse error stay as they were', async () => {
    const [packet] = await keeps(async (server, agent, keep) => {
      const req = request(server, agent, { path: '/garbage' }).end();
      const [error] = await once(req, 'error');
      assert.equal(error.code, 'HPE_INVALID_CONTENT_LENGTH');
      keep(error.rawPacket);
      await gone(req.socket);
    });
    assert.match(packet.toString('latin1'), /^HTTP\/1.1 200 OK\r\nContent-Length: xR/);
  });

  it('by an error that its listener throws stay as they were', async () => {
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise((done) => process.once('uncaughtException', done));
    try {
      const [packet] = await keeps(async (server, agent, keep) => {
        const req = request(server, agent, { path: '/garbage' }).end();
        req.on('error', (error) => {
          throw error;
        });
        const error = await caught;
        keep(error.rawPacket);
      });
      assert.match(packet.toString('latin1'), /^HTTP\/1.1 200 OK\r\nContent-Length: xR/);
    } finally {
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });

  it('by an upgrade that is foreseen at the last moment stay as they were', async () => {
    const heads = await keeps(async (server, agent, keep) => {
      const options = { path: '/upgrade', headers: { Connection: 'upgrade', Upgrade: 'x' } };
      const req = request(server, agent, options).end();
      const upgraded = new Promise((done) => {
        req.on('information', () => req.on('upgrade', (_, socket, head) => done({ socket, head })));
      });
      const { socket, head } = await upgraded;
      let length = head.length;
      if (length > 0) keep(head);
      while (length < REST.length) {
        const [chunk] = await once(socket, 'data');
        length += chunk.length;
        keep(chunk);
      }
      socket.destroy();
    });
    assert.equal(Buffer.concat(heads).toString('latin1'), REST);
  });

  const watchers = {
    "by a 'data' listener beside Node's own": (socket, keep) => socket.on('data', keep),
    "by a 'data' listener in place of Node's own": (socket, keep) => {
      const [parse] = socket.listeners('data');
      socket.removeListener('data', parse);
      socket.on('data', function socketOnData(chunk) {
        keep(chunk);
        parse.call(this, chunk);
      });
    },
    'by an emit of its own': (socket, keep) => {
      const { emit } = socket;
      socket.emit = function watched(event, ...args) {
        if (event === 'data') keep(args[0]);
        return emit.call(this, event, ...args);
      };
    },
    'by a push of its own': (socket, keep) => {
      const { push } = socket;
      socket.push = function watched(chunk, ...args) {
        if (chunk) keep(chunk);
        return push.call(this, chunk, ...args);
      };
    },
    'by a parser of its own': (socket, keep) => {
      const { parser } = socket;
      const { execute } = parser;
      parser.execute = (chunk, ...args) => {
        keep(chunk);
        return execute.call(parser, chunk, ...args);
      };
      socket.once('close', () => delete parser.execute);
    },
    'by pausing the socket and reading it': (socket, keep) => {
      socket.pause();
      setTimeout(() => {
        const buffered = socket._readableState.buffer;
        for (const chunk of buffered) keep(chunk.data ?? chunk);
        socket.resume();
      }, 50);
    },
  };
  for (const [way, watch] of Object.entries(watchers)) {
    it(`${way} stay as they were`, async () => {
      const chunks = await keeps(async (server, agent, keep) => {
        const req = request(server, agent, { path: '/z', headers: { Connection: 'close' } });
        req.end();
        const [socket] = await once(req, 'socket');
        // Node's client has its listener on the socket from the next tick on.
        await new Promise(process.nextTick);
        watch(socket, keep);
        const [res] = await once(req, 'response');
        const content = await body(res);
        assert.ok(content.equals(Buffer.alloc(30_000, 'z')));
        socket.destroy();
        await gone(socket);
      });
      assert.match(Buffer.concat(chunks).toString('latin1'), /z$/);
    });
  }
});
