'use strict';

// TLS over a socket that an upgrade or a CONNECT has handed over.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');
const { cert, key } = require('./fixtures/certificate');
const { agentOf, body, cleanUp, gone, httpServer, later, request } = require('./support/peer');

// A TLS server that answers HTTP within.
async function secureServer() {
  const inner = http.createServer((req, res) => req.pipe(res));
  const server = tls.createServer({ cert, key }, (socket) => inner.emit('connection', socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket));
  later(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return server.address().port;
}

// A proxy that tunnels by CONNECT, and by an upgrade to whatever port its path names.
async function proxy() {
  const server = await httpServer((_, res) => res.end());
  const tunnel = (port, socket, head, reply) => {
    const out = net.connect(port, '127.0.0.1', () => {
      socket.write(reply);
      out.write(head);
      out.pipe(socket).pipe(out);
    });
    out.on('error', () => socket.destroy());
    socket.on('error', () => out.destroy());
    socket.on('close', () => out.destroy());
  };
  server.server.on('connect', (req, socket, head) => {
    tunnel(Number(req.url.split(':')[1]), socket, head, 'HTTP/1.1 200 OK\r\n\r\n');
  });
  server.server.on('upgrade', (req, socket, head) => {
    const reply = 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: tunnel\r\n\r\n';
    tunnel(Number(req.url.slice(1)), socket, head, reply);
  });
  return server;
}

async function secured(event, options) {
  const req = request(await proxy(), agentOf({ keepAlive: true }), options).end();
  const [, socket, head] = await once(req, event);
  assert.equal(head.length, 0);
  const secure = tls.connect({ socket, ca: cert, servername: 'tunnel.test' });
  later(() => secure.destroy());
  await once(secure, 'secureConnect');
  return { socket, secure };
}

function over(secure, payload) {
  const options = { createConnection: () => secure, method: 'POST', host: 'tunnel.test' };
  const req = http.request(options);
  req.end(payload);
  return req;
}

describe('TLS over a socket that was handed over', function () {
  this.timeout(20_000);
  afterEach(cleanUp);

  for (const [title, event, optionsFor] of [
    ['CONNECT', 'connect', (port) => ({ method: 'CONNECT', path: `tunnel.test:${port}` })],
    [
      'upgrade',
      'upgrade',
      (port) => ({ path: `/${port}`, headers: { connection: 'upgrade', upgrade: 'tunnel' } }),
    ],
  ]) {
    it(`by ${title} verifies and carries a request`, async () => {
      const port = await secureServer();
      const { secure } = await secured(event, optionsFor(port));
      assert.equal(secure.authorized, true);
      assert.equal(secure.getPeerCertificate().subject.CN, 'localhost');
      const req = over(secure, 'a secret');
      const [res] = await once(req, 'response');
      assert.equal((await body(res)).toString(), 'a secret');
    });

    it(`by ${title} carries 4 MiB both ways`, async () => {
      const port = await secureServer();
      const { secure } = await secured(event, optionsFor(port));
      const payload = Buffer.alloc(4 << 20);
      for (let i = 0; i < payload.length; i += 4) payload.writeUInt32LE(i, i);
      const req = over(secure, payload);
      const [res] = await once(req, 'response');
      assert.ok((await body(res)).equals(payload));
    });
  }

  it('closes the socket below it', async () => {
    const port = await secureServer();
    const options = { method: 'CONNECT', path: `tunnel.test:${port}` };
    const { socket, secure } = await secured('connect', options);
    secure.end();
    secure.resume();
    await gone(socket);
    assert.equal(socket.destroyed, true);
  });

  it('fails when the certificate is not trusted', async () => {
    const port = await secureServer();
    const options = { method: 'CONNECT', path: `tunnel.test:${port}` };
    const req = request(await proxy(), agentOf(), options).end();
    const [, socket] = await once(req, 'connect');
    const secure = tls.connect({ socket, servername: 'tunnel.test' });
    const [error] = await once(secure, 'error');
    assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    await gone(socket);
  });
});
