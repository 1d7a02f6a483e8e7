'use strict';

// A connection that fails lets the next request go, however it fails and however many wait: none is
// left waiting for a socket that never comes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { pki } = require('./support/certificates');
const {
  agentWith,
  answer,
  differs,
  dispose,
  failure,
  get,
  getSecure,
  httpsAgentWith,
  total,
} = require('./support/https-agent');
const { closeServers, refusedPort, serve, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const MANY = 1_000;

function fresh() {
  return new Duplex({ read() {}, write() {} });
}

// Ways in which a program's createConnection() fails. Each gives what stands in its place.
const failing = {
  throws: () => () => {
    throw new Error('mine');
  },
  'calls back with an error at once': () => (_options, callback) => {
    callback(new Error('mine'));
  },
  'calls back with an error later': () => (_options, callback) => {
    setImmediate(callback, new Error('mine'));
  },
  'returns a stream that is being destroyed': () => () => fresh().destroy(),
  'returns a stream that fails': () => () => fresh().destroy(new Error('mine')),
  'returns a stream that has closed': async () => {
    const stream = fresh();
    stream.destroy();
    await once(stream, 'close');
    return () => stream;
  },
  'returns a socket that has closed': async () => {
    const socket = new net.Socket();
    socket.destroy();
    await once(socket, 'close');
    return () => socket;
  },
  'returns streams that never say that they close': () => () =>
    new Duplex({ read() {}, write() {}, emitClose: false }).destroy(),
  'calls back with a stream that is destroyed': () => (_options, callback) => {
    setImmediate(callback, null, fresh().destroy());
  },
  'returns a socket that is refused': async () => {
    const port = await refusedPort();
    return () => net.connect(port, '127.0.0.1');
  },
};

// A request's end, also where it ends within http.get().
function outcome(ask) {
  try {
    return failure(ask());
  } catch (error) {
    return Promise.resolve(error);
  }
}

// What reaches the process before the next turn of the loop because of `act`.
async function uncaught(act) {
  const listeners = process.listeners('uncaughtException');
  const messages = [];
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', ({ message }) => messages.push(message));
  try {
    act();
    await new Promise(setImmediate);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  }
  return messages;
}

function isOver(agent) {
  assert.equal(total(agent.requests), 0);
  assert.equal(agent.totalSocketCount, 0);
  assert.deepEqual(Object.keys(agent.sockets), []);
}

describe('Requests behind connections that fail', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const [name, make] of Object.entries(failing)) {
    differs('requests hang')(`all end where createConnection() ${name}`, async () => {
      const agent = agentWith({ keepAlive: true, maxSockets: 2 });
      const replacement = await make();
      // The first two wait for their connection's end while the others queue.
      const starts = [];
      agent.createConnection = function createConnection(options, callback) {
        if (starts.length < 2) {
          starts.push(callback);
          return undefined;
        }
        return replacement.call(this, options, callback);
      };
      const asked = Array.from({ length: MANY }, () => outcome(() => get({ port: 1, agent })));
      assert.equal(total(agent.requests), MANY - 2);
      for (const callback of starts) callback(new Error('first'));
      const errors = await Promise.all(asked);
      assert.equal(errors.length, MANY);
      assert.ok(errors.every((error) => error instanceof Error));
      await new Promise(setImmediate);
      isOver(agent);
    });

    differs('requests hang')(`others go on where createConnection() ${name}`, async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      const replacement = await make();
      agent.createConnection = function createConnection(options, callback) {
        return options.host === 'bad.example'
          ? replacement.call(this, options, callback)
          : net.connect(options);
      };
      const good = [];
      const bad = [];
      for (let i = 0; i < 20; i++) {
        good.push(answer(get({ port: site.port, agent })));
        bad.push(outcome(() => get({ host: 'bad.example', port: 1, agent })));
      }
      for (const { res } of await Promise.all(good)) assert.equal(res.statusCode, 200);
      for (const error of await Promise.all(bad)) assert.ok(error instanceof Error);
      assert.equal(total(agent.requests), 0);
    });
  }

  it('all end where the server refuses', async () => {
    const port = await refusedPort();
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const asked = Array.from({ length: MANY }, () => failure(get({ port, agent })));
    assert.equal(total(agent.requests), MANY - 2);
    for (const { code } of await Promise.all(asked)) assert.equal(code, 'ECONNREFUSED');
    isOver(agent);
  });

  it('all end where the name is not found', async () => {
    const lookup = (host, _options, callback) => {
      setImmediate(callback, Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' }));
    };
    const agent = agentWith({ keepAlive: true, maxSockets: 2, lookup });
    const ask = () => failure(get({ host: 'none.example', port: 80, agent }));
    const asked = Array.from({ length: MANY }, ask);
    for (const { code } of await Promise.all(asked)) assert.equal(code, 'ENOTFOUND');
    isOver(agent);
  });

  it('all end where the server hangs up', async () => {
    const site = await serveRaw((socket) => socket.destroy());
    const agent = agentWith({ keepAlive: true, maxSockets: 2 });
    const asked = Array.from({ length: 200 }, () => failure(get({ port: site.port, agent })));
    await Promise.all(asked);
    isOver(agent);
  });

  it('are served when one in two of their connections fails', async () => {
    const site = await serve();
    const dead = await refusedPort();
    const agent = agentWith({ keepAlive: false, maxSockets: 2 });
    let count = 0;
    const { createConnection } = agent;
    agent.createConnection = function half(options, callback) {
      const port = ++count % 2 ? dead : options.port;
      return createConnection.call(this, { ...options, port }, callback);
    };
    let served = 0;
    let failed = 0;
    const ask = async () => {
      const headers = { connection: 'close' };
      const req = get({ port: site.port, headers, agent });
      await new Promise((resolve) => {
        req.on('error', () => failed++);
        req.on('response', (res) => {
          served++;
          res.resume();
        });
        req.on('close', resolve);
      });
    };
    await Promise.all(Array.from({ length: MANY }, ask));
    assert.equal(served + failed, MANY);
    assert.equal(served, MANY / 2);
    isOver(agent);
  });

  differs('maxSockets is not obeyed at once')(
    'are served although a listener throws when one before them gets its socket',
    async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const first = answer(get({ port: site.port, agent }));
      const asked = Array.from({ length: 8 }, () => get({ port: site.port, agent }));
      const [victim, ...others] = asked;
      const answers = others.map(answer);
      agent.prependOnceListener('free', () => {
        throw new Error('of a listener');
      });
      const [thrown] = await uncaught(() => {
        agent.maxSockets = 9;
      });
      assert.equal(thrown, 'of a listener');
      await Promise.all([first, ...answers]);
      assert.equal(total(agent.requests), 0);
      victim.on('error', () => {});
      victim.destroy();
    },
  );

  for (const transport of ['rustls', 'node', 'auto']) {
    differs('it has one transport')(
      `all end where the server is not trusted, transport ${transport}`,
      async () => {
        const site = await serveTls();
        const agent = httpsAgentWith({ keepAlive: true, maxSockets: 2, transport });
        const ask = () => failure(getSecure({ port: site.port, agent }));
        const errors = await Promise.all(Array.from({ length: 100 }, ask));
        assert.equal(new Set(errors.map(({ code }) => code)).size, 1);
        assert.match(errors[0].code, /UNABLE|SELF_SIGNED/);
        isOver(agent);
      },
    );

    differs('it has one transport')(
      `all end where the server speaks no TLS, transport ${transport}`,
      async () => {
        const site = await serveRaw((socket) => socket.end('no TLS\r\n\r\n'));
        const agent = httpsAgentWith({ keepAlive: true, maxSockets: 2, transport });
        const ask = () => failure(getSecure({ port: site.port, agent }));
        await Promise.all(Array.from({ length: 100 }, ask));
        isOver(agent);
      },
    );
  }

  differs('it has one transport')(
    'are served by another origin where a handshake fails',
    async () => {
      const { root } = await pki();
      const bad = await serveRaw((socket) => socket.end('no TLS\r\n\r\n'));
      const good = await serveTls();
      const agent = httpsAgentWith({ keepAlive: true, maxTotalSockets: 1, ca: root.pem });
      const asked = [];
      for (let i = 0; i < 20; i++) {
        asked.push(failure(getSecure({ port: bad.port, agent })));
        asked.push(answer(getSecure({ port: good.port, agent })));
      }
      await Promise.all(asked);
      assert.equal(total(agent.requests), 0);
    },
  );
});
