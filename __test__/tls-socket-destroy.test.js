'use strict';

// A connection destroyed at each turn of its life: an error for the request where one is due, and
// after that 'close', once.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { watch } = require('./fixtures/tls-watch');
const { pki } = require('./support/certificates');
const {
  answer,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { closeServers, serveRaw } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const WAYS = {
  'socket.destroy()': (req) => req.socket.destroy(),
  'socket.destroy(error)': (req) => req.socket.destroy(new Error('enough')),
  'req.destroy()': (req) => req.destroy(),
  'req.destroy(error)': (req) => req.destroy(new Error('enough')),
  'req.abort()': (req) => req.abort(),
  'agent.destroy()': (_req, agent) => agent.destroy(),
};

// What Node may still say of a connection that the program has destroyed, by the version of Node
// and by whether the name was found before or after: not a thing to rely on.
const AFTERTHOUGHTS = ['socket lookup', 'request finish'];

describe('a TLS connection that is destroyed', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // Destroys at the first event of the name; gives what came then, and the error.
  async function ended(site, agent, point, way) {
    const req = getSecure({ port: site.port, agent, host: 'localhost' });
    let from;
    let error;
    const { events, over } = watch(req, (name, _req, argument) => {
      if (name === 'request error') error = argument;
      if (name === 'request response') argument.resume();
      if (name !== point || from !== undefined) return;
      from = events.length;
      way(req, agent);
    });
    await over;
    assert.notEqual(from, undefined, `${point} has come`);
    // Of two tickets that have come at once, the second is heard of before or after the end.
    const ignored = [...AFTERTHOUGHTS, ...(point === 'socket session' ? [point] : [])];
    const after = events.slice(from).filter((name) => !ignored.includes(name));
    return { after, error: error && `${error.code} ${error.message}` };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      for (const [how, way] of Object.entries(WAYS)) {
        for (const point of [
          'request socket',
          'socket lookup',
          'socket connect',
          'socket ready',
          'socket secureConnect',
          'socket session',
          'socket secure',
          'request response',
        ]) {
          it(`by ${how} at '${point}' ends as in Node`, async () => {
            const site = await serveTls({ maxVersion: version }, (_req, res) => {
              // Never ended by the server itself.
              res.writeHead(200, { 'content-length': 100 });
              res.write('begun');
            });
            const node = await ended(site, nodeAgentWith({ ca }), point, way);
            const agent = httpsAgentWith({ ca });
            const ours = await ended(site, agent, point, way);
            assert.deepEqual(ours, node);
            assert.equal(ours.after.filter((name) => name === 'socket close').length, 1);
            assertIdle(agent);
          });
        }
      }

      for (const point of ['socket connect', 'socket secureConnect']) {
        it(`after end() at '${point}' still brings its response`, async () => {
          const site = await serveTls({ maxVersion: version, allowHalfOpen: true }, (_req, res) => {
            res.end('the response');
          });
          for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
            const req = getSecure({ port: site.port, agent });
            req.once('socket', (socket) => {
              socket.once(point.slice('socket '.length), () => socket.end());
            });
            assert.equal((await answer(req)).body, 'the response');
          }
        });
      }

      it('after end() before it is connected brings an error', async () => {
        const site = await serveTls({ maxVersion: version });
        for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
          const req = getSecure({ port: site.port, agent });
          req.once('socket', (socket) => socket.end());
          assert.equal((await failure(req)).code, 'ECONNRESET');
        }
        assert.equal(site.requests, 0);
      });

      it("within 'keylog' is not connected any more", async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca });
        const { after, error } = await ended(
          site,
          agent,
          'socket keylog',
          WAYS['socket.destroy(error)'],
        );
        assert.equal(error, 'undefined enough');
        assert.ok(!after.includes('socket secureConnect'));
        assert.ok(!after.includes('request response'));
        assert.deepEqual(after.slice(-2).sort(), ['request close', 'socket close']);
        assert.equal(site.requests, 0);
        assertIdle(agent);
      });

      it('by a signal mid-handshake is an AbortError', async () => {
        const site = await serveRaw((socket) => socket.resume());
        const agent = httpsAgentWith({ ca });
        const controller = new AbortController();
        const req = getSecure({ port: site.port, agent, signal: controller.signal });
        const failed = failure(req);
        const [socket] = await once(req, 'socket');
        await once(socket, 'connect');
        controller.abort();
        assert.equal((await failed).code, 'ABORT_ERR');
        assertIdle(agent);
      });
    });
  }

  describe('with its agent', () => {
    // Handshakes that stop after the server's first record.
    async function stalled() {
      const site = await serveTls();
      return between(site.port, { fromServer: ({ number }) => (number === 0 ? undefined : null) });
    }

    for (const [what, open] of [
      ['that answers nothing', () => serveRaw((socket) => socket.resume())],
      ['that stops in its handshake', stalled],
    ]) {
      it(`fails every request to a server ${what}, and those in the queue`, async () => {
        const site = await open();
        const agent = httpsAgentWith({ ca, maxSockets: 20 });
        const reached = new Promise((resolve) => {
          let count = 0;
          site.server.on('connection', (socket) => {
            socket.once('data', () => ++count === 20 && resolve());
          });
        });
        const failures = Array.from({ length: 20 }, () =>
          failure(getSecure({ port: site.port, agent })),
        );
        await reached;
        agent.destroy();
        for (const error of await Promise.all(failures)) {
          assert.equal(error.code, 'ECONNRESET');
          assert.equal(error.message, 'socket hang up');
        }
        assertIdle(agent);
      });
    }

    it('fails uploads that wait for the handshake', async () => {
      const site = await stalled();
      const agent = httpsAgentWith({ ca });
      const failures = Array.from({ length: 10 }, () => {
        const req = requestSecure({ port: site.port, method: 'POST', agent });
        for (let i = 0; i < 10; i++) req.write(Buffer.alloc(100_000));
        req.end();
        return failure(req);
      });
      while (site.connections < 10) await new Promise(setImmediate);
      agent.destroy();
      for (const { code } of await Promise.all(failures)) assert.equal(code, 'ECONNRESET');
      assertIdle(agent);
    });

    it('leaves the agent of use', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca });
      for (let i = 0; i < 3; i++) {
        const doomed = getSecure({ port: site.port, agent });
        const failed = failure(doomed);
        const [socket] = await once(doomed, 'socket');
        await once(socket, 'connect');
        agent.destroy();
        await failed;
        assert.equal((await answer(getSecure({ port: site.port, agent }))).res.statusCode, 200);
      }
    });
  });
});
