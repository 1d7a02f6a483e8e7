'use strict';

// TLS connections that are kept: used again while they are good, and only then.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { serveRewritten } = require('./fixtures/tls-rewriter');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  dispose,
  getSecure,
  httpsAgentWith,
  requestSecure,
  since,
  total,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveRawTls, serveTls } = require('./support/tls-server');

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

describe('a kept TLS connection', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // Once the agent has parked so many.
  async function parked(agent, count = 1) {
    while (total(agent.freeSockets) < count) await new Promise(setImmediate);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      it('serves fifty requests, with one handshake', async () => {
        const site = await serveTls({ maxVersion: version }, (req, res) => req.pipe(res));
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const sockets = new Set();
        for (let i = 0; i < 50; i++) {
          const req = requestSecure({ port: site.port, method: 'POST', agent });
          const body = 'x'.repeat((i * 733) % 20_000);
          req.end(body);
          const said = await answer(req);
          assert.equal(said.body, body);
          assert.equal(req.reusedSocket, i > 0);
          sockets.add(said.socket);
        }
        assert.equal(sockets.size, 1);
        assert.equal(site.connections, 1);
        assert.equal(site.handshakes, 1);
      });

      it('serves the queue behind maxSockets', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 3 });
        const answers = Array.from({ length: 60 }, () =>
          answer(getSecure({ port: site.port, agent })),
        );
        assert.equal(total(agent.sockets), 3);
        assert.equal(total(agent.requests), 57);
        await Promise.all(answers);
        assert.equal(site.requests, 60);
        assert.equal(site.connections, 3);
        await parked(agent, 3);
        assert.equal(agent.totalSocketCount, 3);
      });

      it('still says what it knows of its handshake', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        await parked(agent);
        assert.equal(socket.authorized, true);
        assert.equal(socket.getProtocol(), version);
        assert.equal(socket.getPeerCertificate().subject.CN, 'localhost');
        const req = getSecure({ port: site.port, agent });
        await once(req, 'response');
        assert.equal(req.socket, socket);
        assert.equal(req.socket.secureConnecting, false);
      });

      for (const [what, close, test = it] of [
        ['with close_notify', (site) => site.far.end()],
        ['without close_notify', (_site, middle) => middle.links[0].end()],
        ['by a reset', (_site, middle) => middle.links[0].reset()],
        ['by a byte that nobody asked for', (site) => site.far.write('x'), since(22)],
        ['by a response that nobody asked for', (site) => site.far.write(`${HEAD}no`), since(22)],
        ['by a record that is none', (_site, middle) => middle.links[0].client.write('garbage')],
      ]) {
        test(`that the server ends ${what} leaves the pool, unused`, async () => {
          const site = await serveRawTls({ maxVersion: version }, (socket) => {
            site.far = socket;
            socket.on('data', () => socket.write(`${HEAD}ok`));
          });
          const middle = await between(site.port);
          const agent = httpsAgentWith({ ca, keepAlive: true });
          const { socket } = await answer(getSecure({ port: middle.port, agent }));
          await parked(agent);
          close(site, middle);
          await closed(socket);
          assertIdle(agent);
          const req = getSecure({ port: middle.port, agent });
          assert.equal((await answer(req)).body, 'ok');
          assert.equal(req.reusedSocket, false);
          assert.equal(middle.connections, 2);
        });
      }

      it('is closed by its idle timeout', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true, timeout: 60 });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        await closed(socket);
        assertIdle(agent);
        await answer(getSecure({ port: site.port, agent }));
        assert.equal(site.connections, 2);
      });

      it('is closed with its agent', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const answers = await Promise.all(
          Array.from({ length: 5 }, () => answer(getSecure({ port: site.port, agent }))),
        );
        await parked(agent, 5);
        agent.destroy();
        await Promise.all(answers.map(({ socket }) => closed(socket)));
        assertIdle(agent);
      });
    });
  }

  // What a server of TLS 1.3 may send at any time, also to a connection that nobody uses.
  describe('TLSv1.3, between two requests', () => {
    async function kept(options, agent, act, times = 1) {
      const site = await serveRewritten(options);
      for (let i = 0; i < times; i++) {
        const req = getSecure({ port: site.middle.port, agent });
        assert.equal((await answer(req)).body, '1');
        await parked(agent);
        act(site, req.socket);
        // What the server has sent is here when something else has gone there and back.
        await answer(getSecure({ port: (await serveTls()).port, agent: httpsAgentWith({ ca }) }));
      }
      const req = getSecure({ port: site.middle.port, agent });
      assert.equal((await answer(req)).body, '1');
      assert.equal(req.reusedSocket, true);
      assert.equal(site.connections, 1);
      return { site, socket: req.socket };
    }

    it('gets tickets, and stays in the pool', async () => {
      const agent = httpsAgentWith({ ca, keepAlive: true });
      let sessions = 0;
      let before;
      const { site } = await kept({}, agent, ({ held, releaseTickets }, socket) => {
        assert.equal(held.length, 2);
        before = sessions;
        socket.on('session', () => sessions++);
        releaseTickets();
      });
      assert.equal(before, 0);
      assert.equal(sessions, 2);
      assert.equal(site.held.length, 0);
    });

    it('gets tickets that are of use', async () => {
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const { socket, site } = await kept({}, agent, ({ releaseTickets }) => releaseTickets());
      socket.destroy();
      await closed(socket);
      const sessions = Object.values(agent._sessionCache.map);
      assert.equal(sessions.length, 1);
      // Past the middle, whose keys are those of one connection.
      const req = getSecure({
        port: site.port,
        agent: httpsAgentWith({ ca }),
        session: sessions[0],
      });
      const [res] = await once(req, 'response');
      assert.equal(res.socket.isSessionReused(), true);
      res.resume();
    });

    for (const asking of [false, true]) {
      it(`gets new keys${asking ? ', and is asked for its own' : ''}`, async () => {
        const agent = httpsAgentWith({ ca, keepAlive: true });
        await kept({}, agent, ({ updateKeys }) => updateKeys(asking), 3);
      });
    }

    it('gets new keys in the middle of a body', async () => {
      const site = await serveRewritten({}, (req, res) => req.pipe(res));
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const req = requestSecure({ port: site.middle.port, method: 'POST', agent });
      const response = once(req, 'response');
      const block = Buffer.alloc(100_000, 'x');
      req.write(block);
      const [res] = await response;
      let length = 0;
      for (let i = 0; i < 6; i++) {
        site.updateKeys(i % 2 === 0);
        const expected = (i + 1) * block.length;
        while (length < expected) {
          const chunk = res.read();
          if (chunk) length += chunk.length;
          else await once(res, 'readable');
        }
        req.write(block);
      }
      req.end();
      for await (const chunk of res) length += chunk.length;
      assert.equal(length, 7 * block.length);
    });
  });
});
