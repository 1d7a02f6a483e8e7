'use strict';

// The other methods that people override: each is called where Node calls it.

const assert = require('node:assert/strict');
const http = require('node:http');
const {
  Agent,
  agentWith,
  answer,
  closed,
  dispose,
  failure,
  get,
  total,
  tracked,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

/** Both ways to override: a subclass, and a property of the instance. */
const ways = [
  [
    'in a subclass',
    (options, name, method) => {
      class Mine extends Agent {}
      Mine.prototype[name] = method;
      return tracked(new Mine(options));
    },
  ],
  [
    'on an instance',
    (options, name, method) => {
      const agent = agentWith(options);
      agent[name] = method;
      return agent;
    },
  ],
];

describe('Agent hooks', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const [way, override] of ways) {
    describe(way, () => {
      it('addRequest gets the request and its options', async () => {
        const site = await serve();
        const calls = [];
        const agent = override({}, 'addRequest', function (...args) {
          calls.push([this, ...args]);
          return Agent.prototype.addRequest.apply(this, args);
        });
        const req = get({ port: site.port, path: '/a', mine: 1, agent });
        await answer(req);
        assert.equal(calls.length, 1);
        const [self, given, options, ...rest] = calls[0];
        assert.equal(self, agent);
        assert.equal(given, req);
        assert.equal(options.host, '127.0.0.1');
        assert.equal(options.port, site.port);
        assert.equal(options.path, '/a');
        assert.equal(options.mine, 1);
        assert.deepEqual(rest, []);
      });

      it('addRequest may hand the request to another agent', async () => {
        const site = await serve();
        const other = agentWith({ keepAlive: true });
        const agent = override({ keepAlive: true }, 'addRequest', (req, options) => {
          other.addRequest(req, options);
        });
        await answer(get({ port: site.port, agent }));
        assert.equal(agent.totalSocketCount, 0);
        assert.equal(other.totalSocketCount, 1);
      });

      it('addRequest may change the options', async () => {
        const site = await serve();
        const agent = override({}, 'addRequest', function (req, options) {
          return Agent.prototype.addRequest.call(this, req, { ...options, port: site.port });
        });
        await answer(get({ port: 1, agent }));
        assert.equal(site.requests, 1);
      });

      it('createSocket gets the request, the merged options and a callback', async () => {
        const site = await serve();
        const calls = [];
        const agent = override(
          { keepAlive: true, localAddress: '127.0.0.1' },
          'createSocket',
          function (req, options, callback) {
            calls.push({ self: this, req, options, callback });
            Agent.prototype.createSocket.call(this, req, options, callback);
          },
        );
        const req = get({ port: site.port, mine: 1, agent });
        await answer(req);
        await answer(get({ port: site.port, agent }));
        assert.equal(calls.length, 1);
        assert.equal(calls[0].self, agent);
        assert.equal(calls[0].req, req);
        assert.equal(calls[0].options.port, site.port);
        assert.equal(calls[0].options.mine, 1);
        assert.equal(calls[0].options.localAddress, '127.0.0.1');
        assert.equal(typeof calls[0].callback, 'function');
        assert.equal(site.connections, 1);
      });

      it('createSocket is called for a queued request too', async () => {
        const site = await serve((_req, res) => res.setHeader('connection', 'close').end());
        const reqs = [];
        const agent = override({ maxSockets: 1 }, 'createSocket', function (req, ...rest) {
          reqs.push(req);
          Agent.prototype.createSocket.call(this, req, ...rest);
        });
        const made = [1, 2, 3].map(() => get({ port: site.port, agent }));
        await Promise.all(made.map(answer));
        assert.deepEqual(
          reqs.map((req) => made.indexOf(req)),
          [0, 1, 2],
        );
      });

      it('createSocket may work first and call super later', async () => {
        const site = await serve();
        const agent = override(
          { keepAlive: true },
          'createSocket',
          function (req, options, callback) {
            setImmediate(() => Agent.prototype.createSocket.call(this, req, options, callback));
          },
        );
        await answer(get({ port: site.port, agent }));
        await answer(get({ port: site.port, agent }));
        assert.equal(site.connections, 1);
      });

      it('createSocket may fail the request', async () => {
        const own = new Error('mine');
        const agent = override({}, 'createSocket', (_req, _options, callback) => {
          setImmediate(callback, own);
        });
        assert.equal(await failure(get({ port: 1, agent })), own);
        assert.equal(total(agent.sockets), 0);
      });

      it('getName decides which connections are alike', async () => {
        const one = await serve();
        const seen = [];
        const agent = override({ keepAlive: true }, 'getName', function (options) {
          seen.push(options);
          return `${Agent.prototype.getName.call(this, options)}/${options.tenant}`;
        });
        await answer(get({ port: one.port, tenant: 'a', agent }));
        await answer(get({ port: one.port, tenant: 'b', agent }));
        await answer(get({ port: one.port, tenant: 'a', agent }));
        assert.equal(one.connections, 2);
        assert.deepEqual(
          Object.keys(agent.freeSockets).sort(),
          ['a', 'b'].map((tenant) => `127.0.0.1:${one.port}:/${tenant}`),
        );
        assert.ok(seen.every((options) => options.port === one.port));
      });

      it('getName may put every origin under one limit', async () => {
        const one = await serveHeld();
        const two = await serveHeld();
        const agent = override({ maxSockets: 1 }, 'getName', () => 'all');
        const first = answer(get({ port: one.port, agent }));
        const second = get({ port: two.port, agent });
        assert.deepEqual(agent.requests.all, [second]);
        assert.equal(agent.sockets.all.length, 1);
        first.catch(() => {});
        answer(second).catch(() => {});
        assert.equal(total(agent.sockets), 1);
      });

      it('keepSocketAlive gets the socket while it still has its request', async () => {
        const site = await serve();
        const calls = [];
        const agent = override({ keepAlive: true }, 'keepSocketAlive', function (...args) {
          const [socket] = args;
          calls.push({
            self: this,
            args,
            req: socket._httpMessage,
            parked: total(this.freeSockets),
          });
          return Agent.prototype.keepSocketAlive.apply(this, args);
        });
        const req = get({ port: site.port, agent });
        const { socket } = await answer(req);
        assert.equal(calls.length, 1);
        assert.equal(calls[0].self, agent);
        assert.equal(calls[0].args.length, 1);
        assert.equal(calls[0].args[0], socket);
        assert.equal(calls[0].req, req);
        assert.equal(calls[0].parked, 0);
        assert.equal(total(agent.freeSockets), 1);
      });

      it('keepSocketAlive that answers false closes the connection', async () => {
        const site = await serve();
        const agent = override({ keepAlive: true }, 'keepSocketAlive', () => false);
        const { socket } = await answer(get({ port: site.port, agent }));
        assert.ok(socket.destroyed);
        await closed(socket);
        assert.equal(agent.totalSocketCount, 0);
        await answer(get({ port: site.port, agent }));
        assert.equal(site.connections, 2);
      });

      it('keepSocketAlive that answers true keeps it, without super', async () => {
        const site = await serve((_req, res) => res.setHeader('keep-alive', 'timeout=1').end());
        const agent = override({ keepAlive: true }, 'keepSocketAlive', () => true);
        const { socket } = await answer(get({ port: site.port, agent }));
        assert.equal(Object.values(agent.freeSockets)[0][0], socket);
        await answer(get({ port: site.port, agent }));
        assert.equal(site.connections, 1);
      });

      it('keepSocketAlive may set a timeout of its own for the rest', async () => {
        const site = await serve();
        const agent = override({ keepAlive: true }, 'keepSocketAlive', function (socket) {
          if (!Agent.prototype.keepSocketAlive.call(this, socket)) return false;
          socket.setTimeout(30);
          return true;
        });
        const { socket } = await answer(get({ port: site.port, agent }));
        assert.equal(total(agent.freeSockets), 1);
        await closed(socket);
        assert.equal(agent.totalSocketCount, 0);
      });

      it('keepSocketAlive is asked only where a connection may be kept', async () => {
        const site = await serve((req, res) => {
          if (req.url === '/close') res.setHeader('connection', 'close');
          res.end();
        });
        let calls = 0;
        const agent = override({ keepAlive: true, maxSockets: 1 }, 'keepSocketAlive', () => {
          calls++;
          return true;
        });
        // Handed from one request to the next, then closed: it is never parked.
        await Promise.all(
          ['/', '/', '/close'].map((path) => answer(get({ port: site.port, path, agent }))),
        );
        assert.equal(calls, 0);
        assert.equal(site.connections, 1);
      });

      it('reuseSocket gets the parked socket and the request that takes it', async () => {
        const site = await serve();
        const calls = [];
        const agent = override({ keepAlive: true }, 'reuseSocket', function (...args) {
          calls.push([this, ...args]);
          return Agent.prototype.reuseSocket.apply(this, args);
        });
        const { socket } = await answer(get({ port: site.port, agent }));
        assert.equal(calls.length, 0);
        const req = get({ port: site.port, agent });
        assert.equal(calls.length, 1);
        assert.equal(calls[0][0], agent);
        assert.equal(calls[0][1], socket);
        assert.equal(calls[0][2], req);
        assert.equal(req.reusedSocket, true);
        await answer(req);
        assert.equal(site.connections, 1);
      });

      it('reuseSocket without super leaves req.reusedSocket alone', async () => {
        const site = await serve();
        const agent = override({ keepAlive: true }, 'reuseSocket', () => {});
        await answer(get({ port: site.port, agent }));
        const req = get({ port: site.port, agent });
        assert.equal(req.reusedSocket, false);
        assert.equal(total(agent.freeSockets), 0);
        req.on('error', () => {});
        req.destroy();
      });

      it('removeSocket is called when a connection closes and when it is parked', async () => {
        const site = await serve();
        const calls = [];
        const agent = override({ keepAlive: true }, 'removeSocket', function (socket, options) {
          calls.push([socket, options.port]);
          return Agent.prototype.removeSocket.call(this, socket, options);
        });
        const { socket } = await answer(get({ port: site.port, agent }));
        const parking = calls.length;
        assert.ok(calls.every(([of, port]) => of === socket && port === site.port));
        socket.destroy();
        await closed(socket);
        assert.equal(calls.length, parking + 1);
        assert.equal(calls.at(-1)[0], socket);
        assert.equal(agent.totalSocketCount, 0);
      });

      it('destroy may be wrapped', async () => {
        const site = await serve();
        let calls = 0;
        const agent = override({ keepAlive: true }, 'destroy', function (...args) {
          calls++;
          return Agent.prototype.destroy.apply(this, args);
        });
        const { socket } = await answer(get({ port: site.port, agent }));
        agent.destroy();
        assert.equal(calls, 1);
        assert.ok(socket.destroyed);
      });
    });
  }

  it('replaced on Agent.prototype are called too', async () => {
    const site = await serve();
    const own = Agent.prototype.addRequest;
    let calls = 0;
    Agent.prototype.addRequest = function (...args) {
      calls++;
      return own.apply(this, args);
    };
    try {
      await answer(get({ port: site.port, agent: agentWith() }));
    } finally {
      Agent.prototype.addRequest = own;
    }
    assert.equal(calls, 1);
  });

  it('addRequest takes host, port and localAddress apart, as of old', async () => {
    const site = await serve((req, res) => res.end(req.socket.remoteAddress));
    const agent = agentWith();
    const plain = { addRequest() {}, keepAlive: false, maxSockets: Infinity };
    const req = http.request({ host: '127.0.0.1', port: site.port, agent: plain });
    agent.addRequest(req, '127.0.0.1', site.port, '127.0.0.8');
    assert.deepEqual(Object.keys(agent.sockets), [`127.0.0.1:${site.port}:127.0.0.8`]);
    req.end();
    assert.equal((await answer(req)).body, '127.0.0.8');
  });
});
