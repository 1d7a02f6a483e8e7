'use strict';

// ws takes an agent for its handshake, and then has the socket to itself.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');
const fetch = require('node-fetch-2');
const { WebSocket, WebSocketServer, createWebSocketStream } = require('ws');
const { dispose, stock, total } = require('../support/agent');
const { digest } = require('../support/body');
const { pki } = require('../support/certificates');
const { result, run } = require('../support/child');
const {
  BIG,
  SCHEMES,
  clientAgent,
  clientSite,
  idle,
  refusedUrl,
} = require('../support/client-site');
const { closeServers, gone } = require('../support/server');

// Long enough for a server under load to see the handshake.
const TIMEOUT_MS = 300;
const MESSAGES = 500;

// What the server does with a connection, by its path.
const PATHS = {
  '/echo'(socket) {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  },
  '/hello': (socket) => socket.send('hello'),
  '/ping': (socket) => socket.ping('are you there'),
  '/close': (socket) => socket.close(4001, 'enough'),
  // Not with its answer: Deno's TLS server may lose what it has written when it is destroyed.
  '/kill': (socket) => socket.on('message', () => socket.terminate()),
};

for (const scheme of SCHEMES) {
  describe(`ws over ${scheme.toUpperCase()}`, () => {
    let site;
    let agent;
    let server;

    beforeEach(async () => {
      site = await clientSite(scheme);
      agent = await clientAgent(scheme);
      server = new WebSocketServer({ server: site.server, perMessageDeflate: true });
      server.on('connection', (socket, req) => {
        socket.on('error', () => {});
        PATHS[req.url]?.(socket);
      });
    });
    afterEach(() => server.close());
    afterEach(dispose);
    afterEach(closeServers);

    function connect(path, options) {
      return new WebSocket(site.url.replace('http', 'ws') + path, { agent, ...options });
    }

    async function open(path, options) {
      const socket = connect(path, options);
      await once(socket, 'open');
      return socket;
    }

    /** An idle connection that has served a request. */
    async function keepOne() {
      assert.equal(await (await fetch(`${site.url}/number`, { agent })).text(), '1');
      const [kept] = await idle(agent, 1);
      return kept;
    }

    async function shut(socket, ...reason) {
      const closed = once(socket, 'close');
      socket.close(...reason);
      const [code, text] = await closed;
      return [code, String(text)];
    }

    async function echo(socket, data) {
      socket.send(data);
      const [answer, binary] = await once(socket, 'message');
      return { answer, binary };
    }

    it('text and bytes come back, over a native socket', async () => {
      const socket = await open('/echo');
      const text = await echo(socket, 'Grüße');
      assert.deepEqual(text, { answer: Buffer.from('Grüße'), binary: false });
      const bytes = Buffer.from([0, 128, 255]);
      assert.deepEqual(await echo(socket, bytes), { answer: bytes, binary: true });
      if (!stock) assert.equal(socket._socket._handle, null);
      if (!stock && scheme === 'https') assert.equal(socket._socket.transport, 'rustls');
      await shut(socket);
      assert.equal(site.connections, 1);
    });

    it('its handshake goes over an idle connection, which then is the pool no more', async () => {
      const kept = await keepOne();
      const socket = await open('/echo');
      assert.equal(socket._socket, kept);
      assert.equal(total(agent.sockets) + total(agent.freeSockets), 0);
      assert.equal(agent.totalSocketCount, 0);
      await shut(socket);
      assert.equal(site.connections, 1);
    });

    it('connections at once each keep to themselves', async () => {
      const sockets = await Promise.all(Array.from({ length: 20 }, () => open('/echo')));
      const answers = await Promise.all(sockets.map((socket, i) => echo(socket, String(i))));
      assert.deepEqual(
        answers.map(({ answer }) => Number(answer)),
        sockets.map((_, i) => i),
      );
      await Promise.all(sockets.map((socket) => shut(socket)));
      assert.equal(site.connections, 20);
    });

    for (const perMessageDeflate of [true, false]) {
      const how = perMessageDeflate ? 'packed' : 'as it is';
      it(`a large message goes there and back, ${how}`, async () => {
        const socket = await open('/echo', { perMessageDeflate });
        assert.equal(socket.extensions, perMessageDeflate ? 'permessage-deflate' : '');
        const { answer } = await echo(socket, BIG);
        assert.equal(digest(answer), digest(BIG));
        await shut(socket);
      });
    }

    it('many messages keep their order', async () => {
      const socket = await open('/echo');
      const got = [];
      const all = new Promise((resolve) => {
        socket.on('message', (data) => {
          got.push(Number(data));
          if (got.length === MESSAGES) resolve();
        });
      });
      for (let i = 0; i < MESSAGES; i++) socket.send(String(i));
      await all;
      assert.deepEqual(got, [...Array(MESSAGES).keys()]);
      await shut(socket);
    });

    it('what the server says with its answer is heard', async () => {
      const socket = connect('/hello');
      const [data] = await once(socket, 'message');
      assert.equal(String(data), 'hello');
      await shut(socket);
    });

    it('each side may ping', async () => {
      const socket = connect('/ping');
      const [asked] = await once(socket, 'ping');
      assert.equal(String(asked), 'are you there');
      socket.ping('and you');
      const [answer] = await once(socket, 'pong');
      assert.equal(String(answer), 'and you');
      await shut(socket);
    });

    it('as a stream it carries all that flows', async () => {
      const duplex = createWebSocketStream(await open('/echo'));
      const chunks = [];
      let length = 0;
      await Promise.all([
        pipeline(Readable.from([BIG.subarray(0, 100_000), BIG.subarray(100_000)]), duplex, {
          end: false,
        }),
        (async () => {
          for await (const chunk of duplex) {
            chunks.push(chunk);
            length += chunk.length;
            if (length === BIG.length) break;
          }
        })(),
      ]);
      assert.equal(digest(Buffer.concat(chunks)), digest(BIG));
    });

    it('while it is paused nothing arrives, and then all does', async () => {
      const socket = await open('/echo');
      const pings = once(socket, 'pong');
      socket.ping();
      await pings;
      const got = [];
      socket.on('message', (data) => got.push(String(data)));
      const [peer] = server.clients;
      socket.pause();
      const sent = new Promise((resolve) => peer.send('first', resolve));
      await sent;
      assert.deepEqual(got, []);
      const heard = once(socket, 'message');
      socket.resume();
      await heard;
      assert.deepEqual(got, ['first']);
      await shut(socket);
    });

    it('it closes with the code and the reason of whoever closes', async () => {
      const mine = await open('/echo');
      const [peer] = server.clients;
      const seen = once(peer, 'close');
      assert.deepEqual(await shut(mine, 1000, 'done'), [1000, 'done']);
      const [code, reason] = await seen;
      assert.deepEqual([code, String(reason)], [1000, 'done']);

      const [theirCode, theirReason] = await once(connect('/close'), 'close');
      assert.deepEqual([theirCode, String(theirReason)], [4001, 'enough']);
    });

    it('a connection that breaks off closes with 1006 on the other side', async () => {
      const killed = await open('/kill');
      const broken = once(killed, 'close');
      killed.send('now');
      const [code] = await broken;
      assert.equal(code, 1006);

      const socket = await open('/echo');
      const peer = [...server.clients].at(-1);
      const seen = once(peer, 'close');
      socket.terminate();
      const [[mine], [theirs]] = await Promise.all([once(socket, 'close'), seen]);
      assert.deepEqual([mine, theirs], [1006, 1006]);
    });

    it('one that is given up while it connects is an error', async () => {
      const socket = connect('/echo');
      const failed = once(socket, 'error');
      const closed = gone(socket);
      socket.terminate();
      const [error] = await failed;
      assert.equal(await closed, 1006);
      assert.equal(error.message, 'WebSocket was closed before the connection was established');
      await shut(await open('/echo'));
    });

    it('its time limit of the handshake holds', async () => {
      await keepOne();
      site.server.removeAllListeners('upgrade');
      const peerClosed = new Promise((resolve) => {
        site.server.once('upgrade', (_, peer) => {
          peer.resume().once('end', () => peer.destroy());
          peer.once('close', resolve);
        });
      });
      const [error] = await once(connect('/echo', { handshakeTimeout: TIMEOUT_MS }), 'error');
      assert.equal(error.message, 'Opening handshake has timed out');
      await idle(agent, 0);
      await peerClosed;
    });

    it('an answer that is no handshake is an error', async () => {
      server.shouldHandle = () => false;
      const [error] = await once(connect('/echo'), 'error');
      assert.equal(error.message, 'Unexpected server response: 400');
      await idle(agent, 0);
    });

    it('a refused connection is an error with its code', async () => {
      const url = (await refusedUrl(scheme)).replace('http', 'ws');
      const [error] = await once(new WebSocket(url, { agent }), 'error');
      assert.equal(error.code, 'ECONNREFUSED');
      await idle(agent, 0);
    });

    it('a closed connection lets the process end', async () => {
      const { root } = await pki();
      const ended = await run('client-process.js', ['ws', 'idle', `${site.url}/echo`, root.pem]);
      assert.deepEqual(result(ended), ['1', '1', '1']);
    });
  });
}
