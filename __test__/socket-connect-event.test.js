'use strict';

// 'connect' listeners that come after the event: TLS over a handed-over socket needs them called,
// and nobody else may see it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentOf, body, cleanUp, gone, httpServer, later, request } = require('./support/peer');

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n';

const turns = async () => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
};

describe("a late 'connect' listener", () => {
  afterEach(cleanUp);

  it('of a socket that a request holds is not called, also not on reuse', async () => {
    const server = await httpServer((_, res) => res.end('answer'));
    const agent = agentOf({ keepAlive: true });
    let calls = 0;
    const sockets = new Set();
    for (let i = 0; i < 4; i++) {
      const req = request(server, agent).end();
      const [socket] = await once(req, 'socket');
      sockets.add(socket);
      if (!socket.connecting) socket.once('connect', () => calls++);
      const [res] = await once(req, 'response');
      socket.once('connect', () => calls++);
      await body(res);
      await gone(req);
      await turns();
    }
    assert.equal(sockets.size, 1);
    assert.equal(calls, 0);
  });

  it('of a socket that was handed over can be removed', async () => {
    const server = await httpServer();
    server.server.on('upgrade', (_req, socket) => socket.write(SWITCH));
    const headers = { connection: 'upgrade', upgrade: 'raw' };
    const req = request(server, agentOf(), { headers }).end();
    const [, socket] = await once(req, 'upgrade');
    later(() => socket.destroy());
    let calls = 0;
    const listener = () => calls++;
    const before = socket.listenerCount('connect');
    socket.once('connect', listener);
    socket.removeListener('connect', listener);
    await turns();
    assert.equal(calls, 0);
    assert.equal(socket.listenerCount('connect'), before);
  });
});
