'use strict';

// createConnection replaced, on an instance or in a subclass: called where Node calls it, with
// what Node gives it.

const assert = require('node:assert/strict');
const net = require('node:net');
const { Duplex } = require('node:stream');
const {
  Agent,
  agentWith,
  answer,
  differs,
  dispose,
  failure,
  get,
  since,
  total,
  tracked,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

describe('Agent createConnection, replaced', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('gets the options, a callback and the agent as this', async () => {
    const site = await serve();
    const calls = [];
    class Mine extends Agent {
      createConnection(options, callback, ...rest) {
        calls.push({ self: this, options, callback, rest });
        return net.connect(options);
      }
    }
    const agent = tracked(new Mine({ keepAlive: true, keepAliveMsecs: 2000, timeout: 3000 }));
    await answer(get({ port: site.port, path: '/x', mine: 7, agent }));
    assert.equal(calls.length, 1);
    const [{ self, options, callback, rest }] = calls;
    assert.equal(self, agent);
    assert.equal(typeof callback, 'function');
    assert.deepEqual(rest, []);
    assert.equal(options.host, '127.0.0.1');
    assert.equal(options.port, site.port);
    assert.equal(options.mine, 7);
    assert.equal(options.path, null);
    assert.equal(options.encoding, null);
    assert.equal(options.servername, '');
    assert.equal(options.keepAlive, true);
    assert.equal(options.keepAliveInitialDelay, 2000);
    assert.equal(options.timeout, 3000);
    assert.equal(options.noDelay, true);
    assert.equal(options._agentKey, agent.getName(options));
  });

  differs('emits an error that nobody hears')(
    'may answer with a socket of the agent that it has destroyed',
    async () => {
      const site = await serve();
      class Mine extends Agent {
        createConnection(...args) {
          return super.createConnection(...args).destroy(new Error('mine'));
        }
      }
      const agent = tracked(new Mine({ keepAlive: true, maxSockets: 1 }));
      const requests = [1, 2].map(() => failure(get({ port: site.port, agent })));
      for (const error of await Promise.all(requests)) assert.equal(error.message, 'mine');
      assert.equal(agent.totalSocketCount, 0);
    },
  );

  differs('leaves the request without an answer, and listens once more')(
    'may answer with the same dead stream each time: no listeners pile up on it',
    async () => {
      const dead = new Duplex({ read() {}, write() {} }).destroy();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      let calls = 0;
      agent.createConnection = (_, callback) => {
        calls++;
        setImmediate(callback, null, dead);
      };
      const listeners = () => dead.eventNames().map((name) => [name, dead.listenerCount(name)]);
      const failed = () => failure(get({ port: 1, agent }));
      const hungUp = (error) => assert.equal(error.code, 'ECONNRESET');
      // One that has waited is given it in another way, and twice.
      const failBoth = async () => (await Promise.all([failed(), failed()])).forEach(hungUp);
      await failBoth();
      const before = listeners();
      await failBoth();
      assert.deepEqual(listeners(), before);
      assert.equal(calls, 6);
      assert.equal(agent.totalSocketCount, 0);
    },
  );

  it('gets the name of the Host header as servername', async () => {
    const site = await serve();
    const agent = agentWith();
    const seen = [];
    agent.createConnection = (options) => {
      seen.push(options.servername);
      return net.connect({ port: site.port, host: '127.0.0.1' });
    };
    await answer(get({ host: 'a.example', port: 81, agent }));
    await answer(get({ host: 'a.example', headers: { host: 'b.example:82' }, agent }));
    await answer(get({ host: 'a.example', headers: { host: '[::1]:83' }, agent }));
    await answer(get({ host: 'a.example', servername: 'c.example', agent }));
    assert.deepEqual(seen, ['a.example', 'b.example', '', 'c.example']);
  });

  it('gets socketPath as path', async () => {
    const site = await serve();
    const agent = agentWith();
    let path;
    agent.createConnection = (options) => {
      path = options.path;
      return net.connect(site.port, '127.0.0.1');
    };
    await answer(get({ socketPath: '/nowhere.sock', agent }));
    assert.equal(path, '/nowhere.sock');
  });

  it('may return a socket: the request runs on it, the pool keeps it', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const made = [];
    agent.createConnection = (options) => {
      const socket = net.connect(options);
      made.push(socket);
      return socket;
    };
    const req = get({ port: site.port, agent });
    assert.deepEqual(Object.values(agent.sockets)[0], made);
    assert.equal(agent.totalSocketCount, 1);
    assert.equal((await answer(req)).socket, made[0]);
    assert.equal(Object.values(agent.freeSockets)[0][0], made[0]);
    assert.equal((await answer(get({ port: site.port, agent }))).socket, made[0]);
    assert.equal(made.length, 1);
    assert.equal(site.connections, 1);
  });

  it('may call back later', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    let made;
    agent.createConnection = (options, callback) => {
      const socket = net.connect(options, () => {
        made = socket;
        callback(null, socket);
      });
    };
    const first = await answer(get({ port: site.port, agent }));
    assert.equal(first.socket, made);
    const second = await answer(get({ port: site.port, agent }));
    assert.equal(second.socket, made);
    assert.equal(site.connections, 1);
    assert.equal(agent.totalSocketCount, 1);
  });

  it('may call back at once', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    agent.createConnection = (options, callback) => {
      callback(null, net.connect(options));
    };
    const req = get({ port: site.port, agent });
    assert.equal(total(agent.sockets), 1);
    await answer(req);
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('may both return and call back: the socket counts once', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    agent.createConnection = (options, callback) => {
      const socket = net.connect(options, () => callback(null, socket));
      callback(null, socket);
      return socket;
    };
    const req = get({ port: site.port, agent });
    assert.equal(total(agent.sockets), 1);
    assert.equal(agent.totalSocketCount, 1);
    await answer(req);
    assert.equal(agent.totalSocketCount, 1);
    assert.equal(total(agent.freeSockets), 1);
    assert.equal(site.requests, 1);
  });

  for (const later of [false, true]) {
    it(`may call back with an error, ${later ? 'later' : 'at once'}`, async () => {
      const agent = agentWith();
      const own = new Error('mine');
      agent.createConnection = (_options, callback) => {
        if (later) setImmediate(callback, own);
        else callback(own);
      };
      assert.equal(await failure(get({ port: 1, agent })), own);
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(total(agent.sockets), 0);
    });
  }

  it('that throws throws through http.request', async () => {
    const agent = agentWith();
    agent.createConnection = () => {
      throw new RangeError('mine');
    };
    assert.throws(() => get({ port: 1, agent }), RangeError);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('that threw once leaves the place to the next request', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => {
      throw new RangeError('mine');
    };
    assert.throws(() => get({ port: site.port, agent }), RangeError);
    delete agent.createConnection;
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('is found on the instance, then on the class', async () => {
    const site = await serve();
    const calls = [];
    class Mine extends Agent {
      createConnection(options, callback) {
        calls.push('class');
        return super.createConnection(options, callback);
      }
    }
    const agent = tracked(new Mine());
    await answer(get({ port: site.port, agent }));
    agent.createConnection = function (options, callback) {
      calls.push('instance');
      return Mine.prototype.createConnection.call(this, options, callback);
    };
    await answer(get({ port: site.port, agent }));
    assert.deepEqual(calls, ['class', 'instance', 'class']);
    assert.equal(site.connections, 2);
  });

  it('may wrap the agent’s own to inject a lookup', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const names = [];
    const own = agent.createConnection;
    agent.createConnection = function (options, ...rest) {
      options.lookup ??= (name, wanted, callback) => {
        names.push(name);
        if (wanted.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      return own.call(this, options, ...rest);
    };
    await answer(get({ host: 'cached.example', port: site.port, agent }));
    await answer(get({ host: 'cached.example', port: site.port, agent }));
    assert.deepEqual(names, ['cached.example']);
    assert.equal(site.connections, 1);
  });

  it('is called for each queued request that needs a connection', async () => {
    const site = await serve((_req, res) => res.setHeader('connection', 'close').end());
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    let calls = 0;
    agent.createConnection = (options) => {
      calls++;
      return net.connect(options);
    };
    await Promise.all([1, 2, 3].map(() => answer(get({ port: site.port, agent }))));
    assert.equal(calls, 3);
    assert.equal(site.connections, 3);
  });

  it('a socket that fails gives its error to the request', async () => {
    const agent = agentWith();
    const own = new Error('mine');
    agent.createConnection = () => {
      const socket = net.connect({ host: 'a.example', port: 80, lookup() {} });
      setImmediate(() => socket.destroy(own));
      return socket;
    };
    assert.equal(await failure(get({ port: 1, agent })), own);
    assert.equal(agent.totalSocketCount, 0);
  });

  describe('answering later', () => {
    const slow = (agent) => {
      const pending = [];
      agent.createConnection = (options, callback) => {
        pending.push({ options, callback });
      };
      return pending;
    };

    differs('it counts only what has answered')('is counted while pending', async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 2 });
      const pending = slow(agent);
      const answers = [1, 2, 3, 4, 5, 6].map(() => answer(get({ port: site.port, agent })));
      assert.equal(pending.length, 2);
      assert.equal(total(agent.requests), 4);
      assert.equal(agent.totalSocketCount, 2);
      for (const { options, callback } of pending) callback(null, net.connect(options));
      for (let i = 0; i < 6; i++) (await site.next()).res.end();
      await Promise.all(answers);
      assert.equal(pending.length, 2);
      assert.equal(site.connections, 2);
    });

    differs('it counts only what has answered')('holds maxTotalSockets too', async () => {
      const one = await serve();
      const two = await serve();
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      const pending = slow(agent);
      const answers = [one, two].map((site) => answer(get({ port: site.port, agent })));
      assert.equal(pending.length, 1);
      assert.equal(total(agent.requests), 1);
      pending[0].callback(null, net.connect(pending[0].options));
      await answers[0];
      while (pending.length < 2) await new Promise(setImmediate);
      pending[1].callback(null, net.connect(pending[1].options));
      await answers[1];
    });

    differs('it counts only what has answered')(
      'with an error lets the next waiting request go on',
      async () => {
        const site = await serve();
        const agent = agentWith({ keepAlive: true, maxSockets: 1 });
        let calls = 0;
        const own = new Error('mine');
        agent.createConnection = (options, callback) => {
          if (++calls === 1) setImmediate(callback, own);
          else setImmediate(() => callback(null, net.connect(options)));
        };
        const failed = failure(get({ port: site.port, agent }));
        const answers = [1, 2].map(() => answer(get({ port: site.port, agent })));
        assert.equal(total(agent.requests), 2);
        assert.equal(await failed, own);
        await Promise.all(answers);
        assert.equal(calls, 2);
        assert.equal(site.connections, 1);
      },
    );

    since(22)('after its request was destroyed leaves the place to the next', async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const pending = slow(agent);
      const req = get({ port: site.port, agent });
      const failed = failure(req);
      req.destroy();
      delete agent.createConnection;
      pending[0].callback(null, net.connect(pending[0].options));
      assert.equal((await failed).code, 'ECONNRESET');
      await answer(get({ port: site.port, agent }));
      assert.equal(total(agent.freeSockets), 1);
      assert.equal(site.requests, 1);
    });
  });
});
