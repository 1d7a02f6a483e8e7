'use strict';

// How long a connection serves: freeSocketTimeout, socketTTL, maxRequestsPerSocket, and what the
// server says in `Keep-Alive: max=N`. Over HTTP, over rustls, and over Node's own transport.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { pki } = require('./support/certificates');
const {
  agentWith,
  answer,
  closed,
  counts,
  differs,
  dispose,
  get,
  getSecure,
  httpsAgentWith,
  total,
} = require('./support/https-agent');
const { closeServers, numbered, serve, serveHeld } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const own = differs('it has no such option');

// Each gives { site, agent, ask }: a server, an agent with `options`, and a request with it.
const carriers = {
  'over HTTP': async (options, listener) => {
    const site = await serve(listener);
    const agent = agentWith({ keepAlive: true, ...options });
    return { site, agent, ask: (path) => get({ port: site.port, path, agent }) };
  },
  "over Node's transport": async (options, listener) => {
    const site = await serve(listener);
    const agent = agentWith({ keepAlive: true, ...options });
    agent.createConnection = (connectOptions) => net.connect(connectOptions);
    return { site, agent, ask: (path) => get({ port: site.port, path, agent }) };
  },
  'over rustls': (options, listener) => secure({ transport: 'rustls', ...options }, listener),
  "over Node's TLS": (options, listener) => secure({ transport: 'node', ...options }, listener),
};

async function secure(options, listener) {
  const { root } = await pki();
  const site = await serveTls({}, listener);
  const agent = httpsAgentWith({ keepAlive: true, ca: root.pem, ...options });
  return { site, agent, ask: (path) => getSecure({ port: site.port, path, agent }) };
}

for (const [carrier, make] of Object.entries(carriers)) {
  describe(`The life of a connection ${carrier}`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    own('freeSocketTimeout closes a parked one', async () => {
      const { site, agent, ask } = await make({ freeSocketTimeout: 40 });
      const { socket } = await answer(ask());
      assert.equal(total(agent.freeSockets), 1);
      await closed(socket);
      assert.equal(agent.totalSocketCount, 0);
      assert.deepEqual(counts(agent.freeSockets), {});
      await answer(ask());
      assert.equal(site.connections, 2);
    });

    own('freeSocketTimeout leaves one in use alone, and begins anew with each rest', async () => {
      let late;
      const { site, ask } = await make({ freeSocketTimeout: 400 }, (req, res) => {
        if (req.url === '/late') late = res;
        else numbered(req, res);
      });
      const spare = await make({ freeSocketTimeout: 500 });
      await answer(ask('/'));
      const answered = answer(ask('/late'));
      // A rest that began later and lasts longer has ended.
      const { socket } = await answer(spare.ask('/'));
      await closed(socket);
      late.end();
      await answered;
      await answer(ask('/'));
      assert.equal(site.connections, 1);
    });

    own('socketTTL closes a parked one', async () => {
      const { site, agent, ask } = await make({ socketTTL: 1_000 });
      const { socket } = await answer(ask());
      assert.equal(total(agent.freeSockets), 1);
      await closed(socket);
      assert.equal(agent.totalSocketCount, 0);
      await answer(ask());
      assert.equal(site.connections, 2);
    });

    own('socketTTL ends one in use with its request, and no queued one gets it', async () => {
      const old = await make({ socketTTL: 40, maxSockets: 1 }, (req, res) => {
        if (req.url === '/held') held.push(res);
        else numbered(req, res);
      });
      const held = [];
      const spare = await make({ freeSocketTimeout: 80 });
      const first = answer(old.ask('/held'));
      const second = answer(old.ask('/'));
      const { socket } = await answer(spare.ask('/'));
      await closed(socket);
      held[0].end();
      await first;
      assert.equal((await second).body, '2');
      assert.equal(old.site.connections, 2);
    });

    own('maxRequestsPerSocket counts parked ones', async () => {
      const { site, agent, ask } = await make({ maxRequestsPerSocket: 3 });
      const bodies = [];
      for (let i = 0; i < 7; i++) bodies.push((await answer(ask())).body);
      assert.deepEqual(bodies, ['1', '1', '1', '2', '2', '2', '3']);
      assert.equal(site.connections, 3);
      assert.equal(agent.totalSocketCount, 1);
    });

    own('maxRequestsPerSocket counts those that are handed on', async () => {
      const { site, ask } = await make({ maxRequestsPerSocket: 3, maxSockets: 1 });
      const answers = await Promise.all(Array.from({ length: 7 }, () => answer(ask())));
      const bodies = answers.map(({ body }) => body);
      assert.deepEqual(bodies, ['1', '1', '1', '2', '2', '2', '3']);
      assert.equal(site.connections, 3);
    });

    own('maxRequestsPerSocket of one keeps none', async () => {
      const { site, agent, ask } = await make({ maxRequestsPerSocket: 1 });
      const { socket } = await answer(ask());
      assert.ok(socket.destroyed);
      assert.equal(total(agent.freeSockets), 0);
      await answer(ask());
      assert.equal(site.connections, 2);
    });

    own('maxRequestsPerSocket above nine varies by a tenth at most', async () => {
      const { site, ask } = await make({ maxRequestsPerSocket: 20 });
      for (let i = 0; i < 100; i++) await answer(ask());
      assert.ok(site.connections >= 5);
      assert.ok(site.connections <= 6);
    });
  });
}

describe('The life of a connection and Keep-Alive: max', () => {
  afterEach(dispose);
  afterEach(closeServers);

  // A server that says how many more requests it takes, `most` to begin with.
  function limited(most, header = (left) => `timeout=60, max=${left}`) {
    return serve((req, res) => {
      req.socket.left = (req.socket.left ?? most) - 1;
      res.setHeader('keep-alive', header(req.socket.left));
      res.end(String(req.socket.number));
    });
  }

  differs('it does not read it')('is obeyed with one request to spare', async () => {
    const site = await limited(5);
    const agent = agentWith({ keepAlive: true });
    const bodies = [];
    for (let i = 0; i < 9; i++) bodies.push((await answer(get({ port: site.port, agent }))).body);
    assert.deepEqual(bodies, ['1', '1', '1', '1', '2', '2', '2', '2', '3']);
  });

  differs('it does not read it')('is obeyed where requests wait', async () => {
    const site = await limited(3);
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const asked = Array.from({ length: 5 }, () => answer(get({ port: site.port, agent })));
    const bodies = (await Promise.all(asked)).map(({ body }) => body);
    assert.deepEqual(bodies, ['1', '1', '2', '2', '3']);
  });

  for (const hint of ['max=1', 'max=0', 'timeout=60,max=1', 'timeout=60; max=0', 'MAX=9, max=1']) {
    differs('it does not read it')(`does not keep a connection after ${hint}`, async () => {
      const site = await limited(1, () => hint);
      const agent = agentWith({ keepAlive: true });
      const { socket } = await answer(get({ port: site.port, agent }));
      assert.ok(socket.destroyed);
      assert.equal(total(agent.freeSockets), 0);
    });
  }

  for (const hint of ['max=2', 'max', 'max=', 'max=-1', 'max=all', 'maximal=1', 'climax=0', '']) {
    it(`keeps a connection after '${hint}'`, async () => {
      const site = await limited(1, () => hint);
      const agent = agentWith({ keepAlive: true });
      const { socket } = await answer(get({ port: site.port, agent }));
      assert.equal(total(agent.freeSockets), 1);
      assert.ok(!socket.destroyed);
    });
  }

  differs('it does not read it')('is read in whatever case and from two lines', async () => {
    const site = await serve((_req, res) => {
      res.setHeader('KEEP-ALIVE', ['timeout=60', 'max=1']).end();
    });
    const agent = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, agent }));
    assert.equal(total(agent.freeSockets), 0);
  });

  it('the limit of a Node server costs no request', async () => {
    const site = await serve();
    site.server.maxRequestsPerSocket = 3;
    site.server.keepAliveTimeout = 60_000;
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const asked = Array.from({ length: 40 }, () => answer(get({ port: site.port, agent })));
    for (const { res } of await Promise.all(asked)) assert.equal(res.statusCode, 200);
    assert.equal(site.requests, 40);
  });
});

describe('Lifetimes together', () => {
  afterEach(dispose);
  afterEach(closeServers);

  own('the first to end counts', async () => {
    const site = await serve((_req, res) => res.setHeader('keep-alive', 'timeout=60').end());
    const bounds = { freeSocketTimeout: 40, socketTTL: 60_000, timeout: 60_000 };
    const agent = agentWith({ keepAlive: true, ...bounds });
    const { socket } = await answer(get({ port: site.port, agent }));
    await closed(socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  own('what a program says by keepSocketAlive() does not lengthen them', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, freeSocketTimeout: 40 });
    agent.keepSocketAlive = () => true;
    const { socket } = await answer(get({ port: site.port, agent }));
    assert.equal(total(agent.freeSockets), 1);
    await closed(socket);
  });

  own('do not keep the process from serving who waits', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 2, maxRequestsPerSocket: 2 });
    const answers = Array.from({ length: 20 }, () => answer(get({ port: site.port, agent })));
    for (const _ of answers) (await site.next()).res.end();
    await Promise.all(answers);
    // The last two connections may have served one each.
    assert.ok(site.connections === 10 || site.connections === 11);
    assert.equal(total(agent.requests), 0);
  });

  // Told by requests: a busy machine may see all of a fleet's times in one turn of its loop.
  own('a fleet that was opened together closes apart', async () => {
    const FLEET = 20;
    const REQUESTS = 20;
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxRequestsPerSocket: REQUESTS });
    const closings = new Set();
    for (let round = 1; round <= REQUESTS; round++) {
      const answers = Array.from({ length: FLEET }, () => answer(get({ port: site.port, agent })));
      for (const { res } of await Promise.all(answers.map(() => site.next()))) res.end();
      for (const { socket } of await Promise.all(answers)) {
        if (socket.destroyed) closings.add(round);
      }
    }
    assert.ok(closings.size > 1);
  });

  own('closing ones are seen by the server', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, socketTTL: 200 });
    await answer(get({ port: site.port, agent }));
    const [peer] = site.sockets;
    await once(peer, 'close');
  });
});
