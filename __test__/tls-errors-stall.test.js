'use strict';

// A server that accepts a connection and then leaves its handshake where it is: nothing but a
// timeout or the program itself can end the request.

const assert = require('node:assert');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { gone, serveRaw } = require('./support/server');
const { assertIdle, fields, observe, sameFailure } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const SHORT = 300;

const PLACES = [
  ['before its hello', () => serveRaw((socket) => socket.resume())],
  [
    'after its hello',
    async () => {
      const site = await serveTls();
      return between(site.port, { fromServer: ({ number }) => (number === 0 ? undefined : null) });
    },
  ],
  [
    'inside its hello',
    async () => {
      const site = await serveTls();
      return between(site.port, {
        fromServer: ({ number, bytes }) => (number === 0 ? bytes.subarray(0, 9) : null),
      });
    },
  ],
];

for (const [place, serveStalled] of PLACES) {
  describe(`TLS errors: a server that stalls ${place}`, () => {
    let ca;
    let stalled;

    before(async () => {
      ca = (await pki()).root.pem;
    });

    beforeEach(async () => {
      stalled = await serveStalled();
    });

    afterEach(cleanUp);

    const destroysOnTimeout = (options) => {
      const req = getSecure(options);
      return req.on('timeout', () => req.destroy());
    };

    it("the request's timeout acts, and destroy() ends it", async () => {
      const { seen } = await sameFailure(
        stalled.port,
        { ca },
        { request: { timeout: SHORT }, start: destroysOnTimeout, code: 'ECONNRESET' },
      );
      assert.ok(seen.events.includes('socket timeout'));
    });

    it("the agent's timeout acts, and destroy() ends it", async () => {
      const { seen } = await sameFailure(
        stalled.port,
        { ca, timeout: SHORT },
        { start: destroysOnTimeout, code: 'ECONNRESET' },
      );
      assert.ok(seen.events.includes('socket timeout'));
    });

    it('setTimeout() of the request acts', async () => {
      const start = (options) => {
        const req = getSecure(options);
        return req.setTimeout(SHORT, () => req.destroy(new Error('too slow')));
      };
      const { seen } = await sameFailure(stalled.port, { ca }, { start });
      assert.strictEqual(seen.error.message, 'too slow');
    });

    // Destroys the request or the agent once the server has the client's hello.
    async function endedBy(agent, act, options = {}) {
      const arrived = once(stalled.server, 'connection').then(([socket]) => once(socket, 'data'));
      const req = requestSecure({ port: stalled.port, agent, ...options });
      req.end();
      const failed = failure(req);
      await arrived;
      act(req, agent);
      return failed;
    }

    const ENDS = [
      ['destroy() of the request', (req) => req.destroy()],
      ['destroy() with an error', (req) => req.destroy(new Error('mine'))],
      ['destroy() of its socket', (req) => req.socket.destroy()],
      ['destroy() of the agent', (_req, agent) => agent.destroy()],
    ];

    for (const [title, act] of ENDS) {
      it(`${title} ends it`, async () => {
        const expected = await endedBy(nodeAgentWith({ ca }), act);
        const agent = httpsAgentWith({ ca });
        const closes = once(stalled.server, 'connection').then(([socket]) => gone(socket));
        const error = await endedBy(agent, act);
        assert.deepStrictEqual(fields(error), fields(expected));
        await closes;
        assertIdle(agent);
      });
    }

    it('an abort signal ends it', async () => {
      const agent = httpsAgentWith({ ca });
      const controller = new AbortController();
      const { signal } = controller;
      const error = await endedBy(agent, () => controller.abort(), { signal });
      assert.strictEqual(error.code, 'ABORT_ERR');
      assertIdle(agent);
    });

    it('a request that waits for its place has it when the stalled one has gone', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, maxTotalSockets: 1 });
      const first = observe(agent, { port: stalled.port, timeout: SHORT }, destroysOnTimeout);
      const second = answer(getSecure({ port: site.port, agent }));
      assert.strictEqual((await first).error.code, 'ECONNRESET');
      const { res, socket } = await second;
      assert.strictEqual(res.statusCode, 200);
      await closed(socket);
      assertIdle(agent);
    });
  });
}

describe('TLS errors: a server that stalls for a while', () => {
  afterEach(cleanUp);

  it("'timeout' alone ends nothing: the request is answered when the handshake goes on", async () => {
    const ca = (await pki()).root.pem;
    const site = await serveTls();
    const held = [];
    const middle = await between(site.port, {
      fromServer({ bytes }) {
        held.push(bytes);
        return null;
      },
    });
    const agent = httpsAgentWith({ ca });
    const req = getSecure({ port: middle.port, agent, timeout: SHORT });
    const answered = answer(req);
    await once(req, 'timeout');
    assert.strictEqual(req.socket.secureConnecting, true);
    middle.script = {};
    middle.links[0].client.write(Buffer.concat(held));
    const { res } = await answered;
    assert.strictEqual(res.statusCode, 200);
  });
});
