'use strict';

// connectTimeout: how long a connection may take, and what it was doing when its time was over.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { pki } = require('./support/certificates');
const { WAYS, dyingServer } = require('./support/dying-server');
const {
  agentWith,
  answer,
  differs,
  dispose,
  failure,
  get,
  getSecure,
  httpsAgentWith,
  request,
  total,
} = require('./support/https-agent');
const { cleanUp, stuckServer } = require('./support/peer');
const { closeServers, serve, serveHeld, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const own = differs('it has no such option');

function timedOut(error, phase, origin) {
  assert.equal(error.code, 'OXAGENT_CONNECT_TIMEOUT');
  assert.equal(error.phase, phase);
  assert.equal(error.name, 'Error');
  assert.match(error.message, /connectTimeout \(\d+ ms\)/);
  if (origin) assert.ok(error.message.includes(origin), error.message);
}

const neverAnswers = () => {};

const HANDSHAKE_FAILURE = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

// What carries the connection, by the options that choose it.
const transports = {
  native: {},
  "Node's": { onread: { buffer: Buffer.alloc(1024), callback: () => true } },
};

describe('connectTimeout of a replay', () => {
  afterEach(dispose);
  afterEach(cleanUp);

  own('ends the connection that takes the place of the one that died', async () => {
    const site = await dyingServer(({ request, socket, answer }) => {
      if (request === 1) answer();
      else WAYS.FIN(socket);
    });
    let lookups = 0;
    const lookup = (_host, { all }, callback) => {
      if (++lookups > 1) return;
      const address = '127.0.0.1';
      setImmediate(callback, null, ...(all ? [[{ address, family: 4 }]] : [address, 4]));
    };
    const agent = agentWith({ keepAlive: true, connectTimeout: 1_000, lookup });
    const ask = () => get({ host: 'dying.example', port: site.port, agent });
    await answer(ask());
    timedOut(await failure(ask()), 'lookup', `dying.example:${site.port}`);
    assert.equal(lookups, 2);
    assert.equal(agent.totalSocketCount, 0);
  });
});

for (const [name, options] of Object.entries(transports)) {
  describe(`connectTimeout over a ${name} socket`, () => {
    afterEach(dispose);
    afterEach(cleanUp);
    afterEach(closeServers);

    own('ends a name lookup', async () => {
      const agent = agentWith({ connectTimeout: 30, lookup: neverAnswers, ...options });
      const error = await failure(get({ host: 'slow.example', port: 80, agent }));
      timedOut(error, 'lookup', 'slow.example:80');
      assert.match(error.message, /the name lookup/);
      assert.equal(agent.totalSocketCount, 0);
    });

    own('ends a connect to an address', async () => {
      const stuck = await stuckServer();
      const agent = agentWith({ connectTimeout: 30, ...options });
      const error = await failure(get({ ...stuck, agent }));
      timedOut(error, 'connect', `${stuck.host}:${stuck.port}`);
      assert.equal(agent.totalSocketCount, 0);
    });

    own('ends a connect that follows a lookup', async () => {
      const stuck = await stuckServer();
      const lookup = (_host, { all }, callback) => {
        const address = stuck.host;
        setImmediate(callback, null, ...(all ? [[{ address, family: 4 }]] : [address, 4]));
      };
      const agent = agentWith({ connectTimeout: 100, lookup, ...options });
      timedOut(await failure(get({ host: 'far.example', port: stuck.port, agent })), 'connect');
    });

    own('does not end a request that is under way', async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, connectTimeout: 300, ...options });
      const req = get({ port: site.port, agent });
      const { res } = await site.next();
      // Another connection's time, which began later, is over.
      const lookup = neverAnswers;
      const other = agentWith({ connectTimeout: 350, lookup });
      await failure(get({ host: 'slow.example', port: 80, agent: other }));
      if (name === 'native') {
        const answered = answer(req);
        res.end('late');
        assert.equal((await answered).body, 'late');
        for (const event of ['connect', 'lookup', 'connectionAttempt']) {
          assert.equal(req.socket?.listenerCount(event) ?? 0, 0, event);
        }
      } else {
        assert.ok(!req.destroyed);
        assert.ok(req.socket.writable);
        const gone = failure(req);
        req.destroy();
        await gone;
      }
    });

    own('lets the next request go', async () => {
      const stuck = await stuckServer();
      const site = await serveHeld();
      const agent = agentWith({ maxTotalSockets: 1, connectTimeout: 500, ...options });
      const failures = [1, 2, 3].map(() => failure(get({ ...stuck, agent })));
      const last = get({ port: site.port, agent });
      assert.equal(total(agent.requests), 3);
      for (const error of await Promise.all(failures)) timedOut(error, 'connect');
      await site.next();
      assert.equal(total(agent.requests), 0);
      const gone = failure(last);
      last.destroy();
      await gone;
    });
  });
}

describe('connectTimeout', () => {
  afterEach(dispose);
  afterEach(cleanUp);
  afterEach(closeServers);

  own('leaves a refused connection its own error', async () => {
    const site = await serve();
    const { port } = site;
    await site.close();
    const agent = agentWith({ connectTimeout: 5_000 });
    assert.equal((await failure(get({ port, agent }))).code, 'ECONNREFUSED');
  });

  own('is not asked of a connection that is there', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, connectTimeout: 5_000 });
    for (let i = 0; i < 3; i++) await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  own('leaves a request that is destroyed meanwhile its own error', async () => {
    const stuck = await stuckServer();
    const agent = agentWith({ connectTimeout: 20 });
    const req = request({ ...stuck, agent });
    const ended = failure(req);
    req.destroy(new Error('mine'));
    assert.equal((await ended).message, 'mine');
    // The time of the one that was given up would be over before this one's.
    timedOut(await failure(get({ ...stuck, agent })), 'connect');
  });

  own('ends the wait for a createConnection() that never answers', async () => {
    const agent = agentWith({ maxSockets: 1, connectTimeout: 30 });
    agent.createConnection = () => undefined;
    const failures = [1, 2, 3].map(() => failure(get({ port: 1, agent })));
    for (const error of await Promise.all(failures)) timedOut(error, 'connect');
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(total(agent.requests), 0);
  });

  own('leaves a request that is ended meanwhile its own error', async () => {
    const agent = agentWith({ connectTimeout: 20 });
    agent.createConnection = neverAnswers;
    const aborted = new AbortController();
    const requests = [{}, { signal: aborted.signal }].map((more) =>
      get({ host: 'slow.example', port: 80, agent, ...more }),
    );
    const failures = requests.map(failure);
    requests[0].destroy(new Error('mine'));
    aborted.abort();
    const [own, abort] = await Promise.all(failures);
    assert.equal(own.message, 'mine');
    assert.equal(abort.name, 'AbortError');
  });

  own('destroys what such a createConnection() answers later', async () => {
    const agent = agentWith({ connectTimeout: 20 });
    let deliver;
    agent.createConnection = (_options, callback) => {
      deliver = callback;
    };
    timedOut(await failure(get({ port: 1, agent })), 'connect');
    const late = new Duplex({ read() {}, write() {} });
    const closed = once(late, 'close');
    deliver(null, late);
    await closed;
    assert.equal(agent.totalSocketCount, 0);
    deliver(new Error('late too'));
  });

  own('is content with a stream that needs no connecting', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, connectTimeout: 1_000 });
    const socket = net.connect(site.port, '127.0.0.1');
    await once(socket, 'connect');
    agent.createConnection = () => socket;
    await answer(get({ port: site.port, agent }));
    for (const event of ['connect', 'lookup']) assert.equal(socket.listenerCount(event), 0);
  });

  own('serves over a Unix socket', async () => {
    const path = `\0oxagent-connect-timeout-${process.pid}`;
    const where = process.platform === 'linux' ? { path } : undefined;
    const site = await serve(undefined, where);
    const target = where ? { socketPath: path } : { port: site.port };
    const agent = agentWith({ connectTimeout: 5_000 });
    assert.equal((await answer(get({ ...target, agent }))).res.statusCode, 200);
  });
});

for (const transport of ['rustls', 'node']) {
  describe(`connectTimeout over TLS, transport ${transport}`, () => {
    afterEach(dispose);
    afterEach(cleanUp);
    afterEach(closeServers);

    own('ends a handshake', async () => {
      const site = await serveRaw(() => {});
      const agent = httpsAgentWith({ transport, connectTimeout: 500 });
      const error = await failure(getSecure({ port: site.port, agent }));
      timedOut(error, 'secureConnect', `127.0.0.1:${site.port}`);
      assert.match(error.message, /the TLS handshake/);
      assert.equal(agent.totalSocketCount, 0);
    });

    own('ends a lookup and a connect', async () => {
      const agent = httpsAgentWith({ transport, connectTimeout: 60, lookup: neverAnswers });
      timedOut(await failure(getSecure({ host: 'slow.example', agent })), 'lookup');
      const stuck = await stuckServer();
      const other = httpsAgentWith({ transport, connectTimeout: 60 });
      timedOut(await failure(getSecure({ ...stuck, agent: other })), 'connect');
    });

    own('lets the next request go, whose handshake works', async () => {
      const { root } = await pki();
      const stuck = await serveRaw(() => {});
      const site = await serveTls();
      const agent = httpsAgentWith({
        transport,
        ca: root.pem,
        maxTotalSockets: 1,
        connectTimeout: 1_000,
      });
      const failed = failure(getSecure({ port: stuck.port, agent }));
      const next = answer(getSecure({ port: site.port, agent }));
      timedOut(await failed, 'secureConnect');
      assert.equal((await next).res.statusCode, 200);
    });

    own('is over with the handshake', async () => {
      const { root } = await pki();
      const site = await serveTls({}, (req, res) => site.hold({ req, res }));
      const agent = httpsAgentWith({ transport, ca: root.pem, connectTimeout: 1_000 });
      const answered = answer(getSecure({ port: site.port, agent }));
      const { res } = await site.next();
      const stuck = await stuckServer();
      const other = agentWith({ connectTimeout: 1_000 });
      await failure(get({ ...stuck, agent: other }));
      res.end('late');
      assert.equal((await answered).body, 'late');
    });
  });
}

describe('connectTimeout where Node takes over within the handshake', () => {
  afterEach(dispose);
  afterEach(cleanUp);
  afterEach(closeServers);

  own('counts both handshakes', async () => {
    // The first connection's handshake is refused, the second's goes nowhere.
    let connections = 0;
    const site = await serveRaw((socket) => {
      if (++connections === 1) socket.once('data', () => socket.end(HANDSHAKE_FAILURE));
    });
    const agent = httpsAgentWith({ connectTimeout: 500 });
    timedOut(await failure(getSecure({ port: site.port, agent })), 'secureConnect');
    assert.equal(connections, 2);
    assert.equal(agent.totalSocketCount, 0);
  });
});
