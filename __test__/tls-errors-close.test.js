'use strict';

// How a TLS connection ends: with and without close_notify, with and without the end of the TCP
// connection under it.

const assert = require('node:assert');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, observe, sameFailure } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  describe(`TLS errors: the end of a connection, ${version}`, () => {
    let ca;

    before(async () => {
      ca = (await pki()).root.pem;
    });

    afterEach(cleanUp);

    // The listener decides when the middle changes its script.
    async function setUp(listener) {
      const site = await serveTls({ maxVersion: version }, (req, res) =>
        listener(req, res, middle),
      );
      const middle = await between(site.port);
      return middle;
    }

    // Passes each record on when the next one comes, and so never the last: the close_notify.
    function withoutCloseNotify() {
      let held = null;
      return {
        fromServer({ bytes }) {
          const passed = held;
          held = bytes;
          return passed;
        },
        serverEnded: (link) => link.end(),
      };
    }

    it('without close_notify it ends a body that has no other end', async () => {
      const middle = await setUp((_req, res, between) => {
        between.script = withoutCloseNotify();
        res.useChunkedEncodingByDefault = false;
        res.removeHeader('content-length');
        res.writeHead(200, { connection: 'close' });
        res.write('the whole ');
        res.end('body');
      });
      const bodies = [];
      for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
        middle.script = {};
        const { res, body } = await answer(getSecure({ port: middle.port, agent }));
        assert.strictEqual(res.headers['content-length'], undefined);
        assert.strictEqual(res.headers['transfer-encoding'], undefined);
        assert.strictEqual(res.complete, true);
        bodies.push(body);
      }
      assert.deepStrictEqual(bodies, ['the whole body', 'the whole body']);
    });

    it('without close_notify before the response it is a hang up', async () => {
      const middle = await setUp((_req, _res, between) => between.links.at(-1).end());
      const { seen } = await sameFailure(middle.port, { ca }, { code: 'ECONNRESET' });
      assert.strictEqual(seen.error.message, 'socket hang up');
    });

    it('a close_notify alone, before the response, is a hang up', async () => {
      const middle = await setUp((req) => req.socket.end());
      const { seen } = await sameFailure(middle.port, { ca }, { code: 'ECONNRESET' });
      assert.strictEqual(seen.error.message, 'socket hang up');
    });

    for (const how of ['end', 'reset']) {
      it(`an early ${how} of the body aborts the response`, async () => {
        const middle = await setUp((_req, res) => {
          res.writeHead(200, { 'content-length': 100 });
          res.write('a tenth..');
        });
        const start = (options) =>
          getSecure(options).on('response', (res) => {
            res.once('data', () => middle.links.at(-1)[how]());
          });
        const options = { port: middle.port };
        const expected = await observe(nodeAgentWith({ ca }), options, start);
        const agent = httpsAgentWith({ ca });
        const seen = await observe(agent, options, start);
        assert.ok(expected.events.includes('response error ECONNRESET'));
        assert.deepStrictEqual(seen.events, expected.events);
        assertIdle(agent);
      });
    }

    it('without close_notify a connection leaves the pool', async () => {
      const middle = await setUp((_req, res) => res.end('body'));
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const first = await answer(getSecure({ port: middle.port, agent }));
      middle.links[0].end();
      await closed(first.socket);
      assertIdle(agent);
      const second = await answer(getSecure({ port: middle.port, agent }));
      assert.strictEqual(second.body, 'body');
      assert.strictEqual(middle.connections, 2);
    });

    it('a close_notify alone takes a connection out of the pool', async () => {
      let ended;
      const middle = await setUp((req, res) => {
        res.end('body');
        ended = req.socket;
      });
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const first = await answer(getSecure({ port: middle.port, agent }));
      ended.end();
      await closed(first.socket);
      assertIdle(agent);
      await answer(getSecure({ port: middle.port, agent }));
      assert.strictEqual(middle.connections, 2);
    });

    it('end() of a socket says close_notify first', async () => {
      const middle = await setUp((_req, res) => res.end('body'));
      const last = once(middle.server, 'connection').then(([socket]) => once(socket, 'end'));
      let bytes;
      middle.script = {
        fromClient(record) {
          bytes = record.bytes;
        },
      };
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const { socket } = await answer(getSecure({ port: middle.port, agent }));
      socket.end();
      await Promise.all([last, closed(socket)]);
      // An alert: by its type with TLS 1.2, by its length where the type is encrypted as well.
      const length = bytes.length - 5;
      if (version === 'TLSv1.2') assert.strictEqual(bytes[0], 21);
      else assert.strictEqual(length, 2 + 1 + 16);
    });
  });
}
