'use strict';

// Filters of addresses, as programs put them before their requests (ssrf-req-filter and its kind):
// a listener of the socket destroys it when it dislikes the address. The server that is forbidden
// sees no connection; where the connection itself is what is disliked, no byte.

const assert = require('node:assert/strict');
const net = require('node:net');
const { agentWith, answer, differs, dispose, failure, since, stock } = require('./support/agent');
const { SCHEMES } = require('./support/ending');
const { dyingServer } = require('./support/dying-server');
const { cleanUp, later, stuckServer } = require('./support/peer');
const { closeServers, serve, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const LAST = Buffer.from('the last');

const IPV4 = { address: '127.0.0.1', family: 4 };
const OTHER = { address: '127.0.0.9', family: 4 };

const giving = (...addresses) => {
  const lookup = (_host, { all }, callback) => {
    if (all) setImmediate(callback, null, addresses);
    else setImmediate(callback, null, addresses[0].address, addresses[0].family);
  };
  return lookup;
};

const NAMES = {
  'a name of the system': { host: 'localhost', family: 4 },
  'a name of the system, several addresses': { host: 'localhost' },
  "a name of the program's lookup": { host: 'a.example', lookup: giving(IPV4) },
  'several addresses of its lookup': { host: 'a.example', lookup: giving(IPV4, OTHER) },
  'one address of its lookup': {
    host: 'a.example',
    lookup: giving(IPV4),
    autoSelectFamily: false,
  },
};
const ADDRESS = { 'an address': { host: '127.0.0.1' } };

// How the filter comes to the socket.
const PLACES = {
  'on what createConnection() returns': (agent, filter) => {
    const { createConnection } = agent;
    agent.createConnection = function filtered(...args) {
      const socket = createConnection.apply(this, args);
      filter(socket);
      return socket;
    };
    return () => {};
  },
  "in the request's 'socket'": (_agent, filter) => (req) => req.on('socket', filter),
};

const forbid = (event, permits) => (socket) => {
  socket.on(event, (...args) => {
    if (!permits?.(...args)) socket.destroy(new Error(`forbidden by '${event}'`));
  });
};

// A TCP server that counts what reaches it.
async function victim(where) {
  let bytes = 0;
  let heardLast;
  const site = await serveRaw((socket) => {
    socket.on('data', (chunk) => {
      if (chunk.equals(LAST)) heardLast();
      else bytes += chunk.length;
    });
  }, where);
  // What it has seen, beside one more connection that oxagent makes after all others.
  site.seen = async () => {
    const heard = new Promise((resolve) => {
      heardLast = resolve;
    });
    const socket = agentWith().createConnection({ host: '127.0.0.1', port: site.port });
    socket.write(LAST);
    await heard;
    socket.destroy();
    return { connections: site.connections - 1, bytes };
  };
  return site;
}

function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  const agentOf = async (options) => (await scheme.agents(options))[1];

  describe(`a filter of addresses (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);
    afterEach(cleanUp);

    for (const [where, put] of Object.entries(PLACES)) {
      for (const [event, targets] of Object.entries({
        lookup: NAMES,
        connectionAttempt: { ...NAMES, ...ADDRESS },
      })) {
        // A listener that throws, because the socket has no handle any more, is Node's own.
        const must = event === 'lookup' ? it : differs('it is uncaught, or came before');
        for (const [what, target] of Object.entries(targets)) {
          for (const keepAlive of [false, true]) {
            must(`by '${event}' ${where}, ${what}, keepAlive ${keepAlive}`, async () => {
              const site = await victim();
              const agent = await agentOf({ keepAlive });
              const watch = put(agent, forbid(event));
              const req = scheme.get({ ...target, port: site.port, agent });
              watch(req);
              assert.equal((await failure(req)).message, `forbidden by '${event}'`);
              assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
              assert.equal(agent.totalSocketCount, 0);
            });
          }
        }
      }

      // Node's TLS has begun when the listeners of the program are called, and its requests are
      // written before 'ready'.
      for (const event of ['connect', 'ready']) {
        const must =
          name === 'http' && event === 'connect' ? it : differs('the first bytes have left before');
        for (const [what, target] of Object.entries({ ...NAMES, ...ADDRESS })) {
          must(`by '${event}' ${where}, ${what}: no byte is sent`, async () => {
            const site = await victim();
            const agent = await agentOf();
            const watch = put(agent, forbid(event));
            const req = scheme.get({ ...target, port: site.port, agent });
            watch(req);
            assert.equal((await failure(req)).message, `forbidden by '${event}'`);
            assert.deepEqual(await site.seen(), { connections: 1, bytes: 0 });
          });
        }
      }
    }

    for (const [what, target] of Object.entries(NAMES)) {
      it(`is asked first by a process that is busy, ${what}`, async () => {
        const site = await victim();
        const agent = await agentOf();
        const watch = PLACES["in the request's 'socket'"](agent, forbid('lookup'));
        const req = scheme.get({ ...target, port: site.port, agent });
        watch(req);
        setImmediate(() => block(50));
        block(50);
        assert.equal((await failure(req)).message, "forbidden by 'lookup'");
        assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
      });
    }

    it('that has no objection is asked once for each address, and the request answered', async () => {
      const site = await SERVE[name]();
      const agent = await agentOf();
      const asked = [];
      const options = { host: 'a.example', lookup: giving(OTHER, IPV4), port: site.port, agent };
      const req = scheme.get(options);
      req.on('socket', (socket) => {
        socket.on('lookup', (_error, address) => asked.push(`lookup ${address}`));
        socket.on('connectionAttempt', (address) => asked.push(`attempt ${address}`));
        socket.on('connect', () => asked.push('connect'));
      });
      assert.equal((await answer(req)).body, '1');
      assert.deepEqual(asked, [
        'lookup 127.0.0.9',
        'lookup 127.0.0.1',
        'attempt 127.0.0.9',
        'attempt 127.0.0.1',
        'connect',
      ]);
    });

    differs('it is uncaught')('that forbids the second address, the first refuses', async () => {
      const site = await victim();
      const agent = await agentOf();
      const lookup = giving(OTHER, IPV4);
      const req = scheme.get({ host: 'a.example', lookup, port: site.port, agent });
      req.on(
        'socket',
        forbid('connectionAttempt', (address) => address === OTHER.address),
      );
      assert.equal((await failure(req)).message, "forbidden by 'connectionAttempt'");
      assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
    });

    differs('it is uncaught')('that forbids the second address, the first is slow', async () => {
      const stuck = await stuckServer();
      const site = await victim({ host: '127.0.0.1', port: stuck.port });
      const agent = await agentOf();
      const lookup = giving({ address: stuck.host, family: 4 }, IPV4);
      const req = scheme.get({
        host: 'a.example',
        lookup,
        port: site.port,
        agent,
        autoSelectFamilyAttemptTimeout: 20,
      });
      req.on('socket', (socket) => {
        forbid('connectionAttempt', (address) => address === stuck.host)(socket);
        // The event loop is busy when the turn of the second has come.
        socket.once('connectionAttempt', () => setImmediate(block, 100));
      });
      assert.equal((await failure(req)).message, "forbidden by 'connectionAttempt'");
      assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
    });

    differs('the request never ends')('that throws has not approved: nothing is sent', async () => {
      for (const event of ['lookup', 'connectionAttempt']) {
        for (const target of Object.values(event === 'lookup' ? NAMES : { ...NAMES, ...ADDRESS })) {
          const site = await victim();
          const agent = await agentOf();
          const req = scheme.get({ ...target, port: site.port, agent });
          req.on('socket', (socket) => {
            socket.on(event, () => {
              throw new Error('of a filter');
            });
          });
          const thrown = uncaught();
          assert.equal((await failure(req)).code, 'ECONNRESET');
          assert.equal((await thrown).message, 'of a filter');
          assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
          assert.equal(agent.totalSocketCount, 0);
        }
      }
    });

    since(22)('by a blockList is asked first by a process that is busy', async () => {
      const site = await victim();
      const blockList = new net.BlockList();
      blockList.addSubnet('127.0.0.0', 8);
      blockList.addAddress('::1', 'ipv6');
      const agent = await agentOf({ blockList });
      for (const target of [...Object.values(NAMES), ...Object.values(ADDRESS)]) {
        const req = scheme.get({ ...target, port: site.port, agent });
        const failed = failure(req);
        block(50);
        const { code, errors = [{ code }] } = await failed;
        for (const error of errors) assert.equal(error.code, 'ERR_IP_BLOCKED');
      }
      assert.deepEqual(await site.seen(), { connections: 0, bytes: 0 });
    });
  });
}

// The next exception that nobody catches. mocha's own listeners do not hear of it.
function uncaught() {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}

(stock ? describe.skip : describe)("a filter of addresses, where Node's TLS takes over", () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('has heard of the one address that is connected to', async () => {
    const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };
    const site = await serveTls(CBC);
    const other = await serveRaw(() => {}, { host: OTHER.address, port: site.port });
    const answers = [IPV4, OTHER];
    const lookup = (_host, { all }, callback) => {
      const found = answers.shift() ?? OTHER;
      if (all) callback(null, [found]);
      else callback(null, found.address, found.family);
    };
    const [, agent] = await SCHEMES.https.agents();
    const { body, socket } = await answer(
      SCHEMES.https.get({ host: 'a.example', port: site.port, lookup, agent }),
    );
    assert.equal(body, '1');
    assert.equal(socket.transport, 'node');
    assert.deepEqual(answers, [OTHER]);
    assert.equal(other.connections, 0);
    assert.equal(site.connections, 2);
  });
});

for (const [name, scheme] of Object.entries(SCHEMES)) {
  (stock ? describe.skip : describe)(`a filter of addresses, and a replay (${name})`, () => {
    afterEach(dispose);
    afterEach(cleanUp);

    // A server at one address whose first connection dies at its second request, and another one
    // to which its name leads by then.
    async function moving() {
      const site = await dyingServer(
        ({ connection, request, socket, answer: say }) => {
          if (connection === 1 && request === 2) socket.destroy();
          else say();
        },
        name === 'https' ? {} : null,
      );
      const other = await victim({ host: OTHER.address, port: site.port });
      later(() => other.close());
      const found = [IPV4, OTHER];
      const lookup = (host, options, callback) => giving(found.shift())(host, options, callback);
      const agent = await agentOf({ keepAlive: true, lookup, connectTimeout: 60_000 });
      const ask = () => scheme.get({ host: 'a.example', port: site.port, agent });
      return { site, other, agent, ask };
    }
    const agentOf = async (options) => (await scheme.agents(options))[1];

    it('that has heard of one address: it is the one that is connected to again', async () => {
      const { site, other, ask } = await moving();
      const first = ask();
      first.on('socket', (socket) => {
        socket.once('lookup', (_error, address) => assert.equal(address, IPV4.address));
      });
      const { socket } = await answer(first);
      assert.equal((await answer(ask())).body, '2');
      assert.equal(socket.replays, 1);
      assert.equal(site.opened(), 2);
      assert.equal(other.connections, 0);
    });

    it('that hears of each connection once: it may forbid that one', async () => {
      const { site, other, agent, ask } = await moving();
      const asked = [];
      PLACES['on what createConnection() returns'](agent, (socket) => {
        socket.once('lookup', (_error, address) => {
          if (asked.push(address) === 2) socket.destroy();
        });
      });
      await answer(ask());
      assert.equal((await failure(ask())).code, 'ECONNRESET');
      assert.deepEqual(asked, [IPV4.address, IPV4.address]);
      assert.equal(site.opened(), 1);
      assert.equal(other.connections, 0);
    });
  });
}
