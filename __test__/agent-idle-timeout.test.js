'use strict';

// An idle connection that has waited for as long as it may emits 'timeout' before it closes, while
// it is among the free ones, whoever has set the time: programs count these, and look there.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const {
  Agent,
  HttpsAgent,
  agentWith,
  answer,
  differs,
  dispose,
  get,
  getSecure,
  httpsAgentWith,
  total,
  tracked,
} = require('./support/https-agent');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const BRIEF_MS = 50;

const hinting = (_, res) => {
  res.setHeader('Keep-Alive', 'timeout=2');
  res.end();
};

const KINDS = {
  http: { Base: Agent, make: agentWith, ask: get, open: (listener) => serve(listener) },
  https: {
    Base: HttpsAgent,
    make: (options) => httpsAgentWith({ rejectUnauthorized: false, ...options }),
    ask: (options) => getSecure({ rejectUnauthorized: false, ...options }),
    open: (listener) => serveTls({}, listener),
  },
};

/** What a socket emits from its next 'free' to its 'close', and where it is at 'timeout'. */
async function lastEvents(agent, req) {
  const events = [];
  const [socket] = await once(req, 'socket');
  for (const event of ['free', 'end', 'error', 'agentRemove']) {
    socket.prependListener(event, () => events.push(event));
  }
  socket.prependListener('timeout', () => {
    const listed = Object.values(agent.freeSockets).flat().includes(socket);
    events.push(listed ? 'timeout of a free one' : 'timeout');
  });
  const closed = once(socket, 'close');
  await answer(req);
  await closed;
  return events;
}

for (const [kind, { Base, make, ask, open }] of Object.entries(KINDS)) {
  describe(`Idle connections that time out, ${kind}`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    class Kept extends Base {
      keepSocketAlive(socket) {
        const keeps = super.keepSocketAlive(socket);
        if (keeps) socket.setTimeout(BRIEF_MS);
        return keeps;
      }
    }

    it("by the socket's own timer", async () => {
      const site = await open();
      const agent = tracked(new Kept({ keepAlive: true }));
      assert.deepEqual(await lastEvents(agent, ask({ port: site.port, agent })), [
        'free',
        'timeout of a free one',
      ]);
      assert.equal(total(agent.freeSockets), 0);
    });

    differs('older than this option, or without a timeout it drops the hint')(
      "by the server's hint",
      async () => {
        const site = await open(hinting);
        const agent = make({ keepAlive: true, agentKeepAliveTimeoutBuffer: 2000 - BRIEF_MS });
        assert.deepEqual(await lastEvents(agent, ask({ port: site.port, agent })), [
          'free',
          'timeout of a free one',
        ]);
        assert.equal(total(agent.freeSockets), 0);
      },
    );

    for (const bound of ['freeSocketTimeout', 'socketTTL']) {
      differs('it has no such option')(`by ${bound}`, async () => {
        const site = await open();
        // What is older than the connection's making may leave no rest.
        const agent = make({ keepAlive: true, [bound]: 500 });
        const req = ask({ port: site.port, agent });
        assert.deepEqual(await lastEvents(agent, req), ['free', 'timeout of a free one']);
        assert.equal(total(agent.freeSockets), 0);
        assert.equal(agent.totalSocketCount, 0);
      });
    }

    differs('it has no such option')('each in its own async context', async () => {
      const site = await open();
      const agent = make({ keepAlive: true, freeSocketTimeout: BRIEF_MS });
      const storage = new AsyncLocalStorage();
      const stores = [];
      const done = [1, 2].map((id) =>
        storage.run(id, async () => {
          const req = ask({ port: site.port, agent });
          const [socket] = await once(req, 'socket');
          socket.on('timeout', () => stores.push([id, storage.getStore()]));
          const closed = once(socket, 'close');
          await answer(req);
          await closed;
        }),
      );
      await Promise.all(done);
      assert.deepEqual(stores.sort(), [
        [1, 1],
        [2, 2],
      ]);
    });

    it('agentkeepalive counts them', async () => {
      const Keepalive = agentkeepalive()[kind];
      const site = await open();
      const agent = tracked(
        new Keepalive({ freeSocketTimeout: BRIEF_MS, rejectUnauthorized: false }),
      );
      assert.ok(agent instanceof Agent);
      const events = await lastEvents(agent, ask({ port: site.port, agent }));
      assert.deepEqual(events, ['free', 'timeout of a free one']);
      const status = agent.getCurrentStatus();
      assert.equal(status.timeoutSocketCount, 1);
      assert.equal(status.closeSocketCount, 1);
      assert.equal(status.errorSocketCount, 0);
      assert.deepEqual(status.freeSockets, {});
    });
  });
}

let loaded;

/** Its classes, over those under test. */
function agentkeepalive() {
  if (loaded) return loaded;
  const nodes = { http: http.Agent, https: https.Agent };
  http.Agent = Agent;
  https.Agent = HttpsAgent;
  try {
    const Keepalive = require('agentkeepalive');
    loaded = { http: Keepalive, https: Keepalive.HttpsAgent };
  } finally {
    http.Agent = nodes.http;
    https.Agent = nodes.https;
  }
  return loaded;
}
