'use strict';

// http-proxy joins two streams: what its clients send goes over the agent's sockets to the site.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { Readable } = require('node:stream');
const httpProxy = require('http-proxy');
const { WebSocket, WebSocketServer } = require('ws');
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
const { closeServers, serve } = require('../support/server');

// Long enough for a server under load to see the request.
const TIMEOUT_MS = 300;

for (const scheme of SCHEMES) {
  describe(`http-proxy before a site of ${scheme.toUpperCase()}`, () => {
    let site;
    let agent;
    let front;
    let options;
    let own;

    beforeEach(async () => {
      site = await clientSite(scheme);
      agent = await clientAgent(scheme);
      options = {};
      // The proxy hands `Connection` on: what it is asked without keep-alive, it asks without.
      own = new http.Agent({ keepAlive: true });
      const proxy = httpProxy.createProxyServer({ target: site.url, agent });
      proxy.on('error', (error, _req, out) => {
        // A client that comes by WebSocket has a socket, no response.
        if (out.writeHead) out.writeHead(502);
        out.end(error.code);
      });
      front = await serve((req, res) => proxy.web(req, res, options));
      front.server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head, options));
    });
    afterEach(() => own.destroy());
    afterEach(dispose);
    afterEach(closeServers);

    async function ask(path, { method = 'GET', body } = {}) {
      const req = http.request({ host: '127.0.0.1', port: front.port, path, method, agent: own });
      if (body?.pipe) body.pipe(req);
      else req.end(body);
      const [res] = await once(req, 'response');
      const chunks = [];
      for await (const chunk of res) chunks.push(chunk);
      return { status: res.statusCode, body: Buffer.concat(chunks) };
    }

    async function text(path, given) {
      const { status, body } = await ask(path, given);
      assert.equal(status, 200);
      return String(body);
    }

    it('requests in turn share one connection to the site', async () => {
      const seen = new Set();
      for (let i = 0; i < 5; i++) {
        assert.equal(await text('/number'), '1');
        const [socket] = await idle(agent, 1);
        seen.add(socket);
      }
      assert.equal(front.requests, 5);
      assert.equal(site.connections, 1);
      assert.equal(seen.size, 1);
      const [socket] = seen;
      if (!stock) assert.equal(socket._handle, null);
      if (!stock && scheme === 'https') assert.equal(socket.transport, 'rustls');
    });

    it('parallel requests share as many connections as the agent allows', async () => {
      agent.maxSockets = 3;
      const asked = Array.from({ length: 12 }, () => text('/together?of=3'));
      const numbers = await Promise.all(asked);
      for (const number of ['1', '2', '3']) {
        assert.equal(numbers.filter((one) => one === number).length, 4);
      }
      await idle(agent, 3);
      assert.equal(site.connections, 3);
    });

    it('bodies go through whole, both ways', async () => {
      const stream = Readable.from([BIG.subarray(0, 100_000), BIG.subarray(100_000)]);
      for (const body of [BIG, stream]) {
        const told = JSON.parse(await text('/digest', { method: 'POST', body }));
        assert.deepEqual(told, { method: 'POST', length: BIG.length, digest: digest(BIG) });
        await idle(agent, 1);
      }
      const { body } = await ask('/big');
      assert.equal(digest(body), digest(BIG));
      await idle(agent, 1);
      assert.equal(site.connections, 1);
    });

    it('after the site has closed an idle connection, a new one serves', async () => {
      await text('/number');
      await idle(agent, 1);
      for (const socket of site.sockets) socket.destroy();
      await idle(agent, 0);
      assert.equal(await text('/number'), '2');
    });

    it('a client that leaves while it sends takes its connection to the site along', async () => {
      const req = http.request({
        host: '127.0.0.1',
        port: front.port,
        path: '/held',
        method: 'POST',
        agent: own,
      });
      req.on('error', () => {});
      req.write('the first half');
      const { closed } = await site.next();
      req.destroy();
      await closed;
      await idle(agent, 0);
    });

    it('its time limit of an answer holds', async () => {
      await text('/number');
      await idle(agent, 1);
      options = { proxyTimeout: TIMEOUT_MS };
      const { status, body } = await ask('/held');
      assert.deepEqual([status, String(body)], [502, 'ECONNRESET']);
      const { closed } = await site.next();
      await closed;
      await idle(agent, 0);
    });

    it('a connection that is refused or broken off is an error with its code', async () => {
      const reset = await ask('/reset');
      assert.deepEqual([reset.status, String(reset.body)], [502, 'ECONNRESET']);
      options = { target: new URL(await refusedUrl(scheme)).origin };
      const refused = await ask('/number');
      assert.deepEqual([refused.status, String(refused.body)], [502, 'ECONNREFUSED']);
      await idle(agent, 0);
    });

    describe('and WebSockets', () => {
      let server;

      beforeEach(() => {
        server = new WebSocketServer({ server: site.server });
        server.on('connection', (socket) => {
          socket.on('message', (data, binary) => socket.send(data, { binary }));
        });
      });
      afterEach(() => server.close());

      async function open() {
        const socket = new WebSocket(`ws://127.0.0.1:${front.port}/`, { perMessageDeflate: false });
        await once(socket, 'open');
        return socket;
      }

      it('messages go through whole, over the idle connection of a request', async () => {
        await text('/number');
        await idle(agent, 1);
        const socket = await open();
        assert.equal(total(agent.sockets) + total(agent.freeSockets), 0);
        for (const data of [Buffer.from('short'), BIG]) {
          socket.send(data);
          const [answer] = await once(socket, 'message');
          assert.equal(digest(answer), digest(data));
        }
        assert.equal(site.connections, 1);
        const [peer] = server.clients;
        const seen = once(peer, 'close');
        socket.close(1000, 'done');
        const [[mine], [theirs, reason]] = await Promise.all([once(socket, 'close'), seen]);
        assert.deepEqual([mine, theirs, String(reason)], [1000, 1000, 'done']);
      });

      it('whoever breaks off, the other side hears of it', async () => {
        const leaves = await open();
        const peer = [...server.clients].at(-1);
        const seen = once(peer, 'close');
        leaves.terminate();
        const [code] = await seen;
        assert.equal(code, 1006);

        const left = await open();
        const closed = once(left, 'close');
        [...server.clients].at(-1).terminate();
        assert.equal((await closed)[0], 1006);
      });

      it('a refused connection ends the handshake', async () => {
        options = { target: new URL(await refusedUrl(scheme)).origin };
        const socket = new WebSocket(`ws://127.0.0.1:${front.port}/`);
        await once(socket, 'error');
        await idle(agent, 0);
      });
    });

    for (const [how, title] of [
      ['destroy', 'agent.destroy() lets the process end'],
      ['idle', 'idle connections let the process end'],
    ]) {
      it(title, async () => {
        const { root } = await pki();
        const args = ['http-proxy', how, `${site.url}/number`, root.pem];
        assert.deepEqual(result(await run('client-process.js', args)), ['1', '1', '1']);
        assert.equal(site.connections, 1);
      });
    }
  });
}
