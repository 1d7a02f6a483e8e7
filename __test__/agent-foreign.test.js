'use strict';

// Sockets that a program makes itself pool like the agent's own.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { Duplex } = require('node:stream');
const {
  agentWith,
  answer,
  closed,
  differs,
  dispose,
  failure,
  get,
  request,
  total,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

/** A stream in front of a net.Socket: what a tunnel or a cipher looks like to the agent. */
class Bridge extends Duplex {
  constructor(inner) {
    super({ emitClose: true });
    this.inner = inner;
    inner.on('data', (chunk) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on('end', () => this.push(null));
    inner.on('error', (error) => this.destroy(error));
    inner.on('close', () => this.destroy());
  }

  _read() {
    this.inner.resume();
  }

  _write(chunk, encoding, callback) {
    this.inner.write(chunk, encoding, callback);
  }

  _final(callback) {
    this.inner.end(callback);
  }

  _destroy(error, callback) {
    this.inner.destroy();
    callback(error);
  }
}

/** The same with the methods that Node's agent calls on every socket. */
class SocketLike extends Bridge {
  calls = [];

  setKeepAlive(...args) {
    this.calls.push(['setKeepAlive', ...args]);
    return this;
  }

  setTimeout(msecs) {
    this.calls.push(['setTimeout', msecs]);
    return this;
  }

  ref() {
    this.calls.push(['ref']);
    return this;
  }

  unref() {
    this.calls.push(['unref']);
    return this;
  }
}

const kinds = [
  ['net.connect', (options) => net.connect(options), it],
  ['a Duplex with socket methods', (options) => new SocketLike(net.connect(options)), it],
  [
    'a bare Duplex',
    (options) => new Bridge(net.connect(options)),
    differs('it calls setKeepAlive on whatever it parks'),
  ],
];

describe('Agent with sockets made by the program', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const [kind, make, can] of kinds) {
    describe(kind, () => {
      const agentOf = (options) => {
        const agent = agentWith(options);
        agent.made = [];
        agent.createConnection = (given) => {
          const socket = make(given);
          agent.made.push(socket);
          return socket;
        };
        return agent;
      };

      can('is kept and used again', async () => {
        const site = await serve();
        const agent = agentOf({ keepAlive: true });
        const first = await answer(get({ port: site.port, agent }));
        assert.equal(first.socket, agent.made[0]);
        assert.deepEqual(Object.values(agent.freeSockets)[0], agent.made);
        const req = get({ port: site.port, agent });
        assert.equal(req.reusedSocket, true);
        assert.equal((await answer(req)).socket, agent.made[0]);
        assert.equal(site.connections, 1);
      });

      can('is bounded and queued for', async () => {
        const site = await serve();
        const agent = agentOf({ keepAlive: true, maxSockets: 2 });
        const reqs = Array.from({ length: 8 }, () => get({ port: site.port, agent }));
        assert.equal(total(agent.sockets), 2);
        assert.equal(total(agent.requests), 6);
        await Promise.all(reqs.map(answer));
        assert.equal(agent.made.length, 2);
        assert.equal(site.connections, 2);
      });

      can('carries a large body both ways', async () => {
        const site = await serve((req, res) => req.pipe(res));
        const agent = agentOf({ keepAlive: true });
        const body = 'oxagent '.repeat(40_000);
        const req = request({ port: site.port, method: 'POST', agent });
        req.end(body);
        assert.equal((await answer(req)).body, body);
        assert.equal(total(agent.freeSockets), 1);
      });

      can('leaves the pool when it closes while parked', async () => {
        const site = await serve();
        const agent = agentOf({ keepAlive: true });
        const { socket } = await answer(get({ port: site.port, agent }));
        for (const peer of site.sockets) peer.destroy();
        await closed(socket);
        assert.equal(agent.totalSocketCount, 0);
        assert.deepEqual(Object.keys(agent.freeSockets), []);
        await answer(get({ port: site.port, agent }));
        assert.equal(site.connections, 2);
      });

      can('fails its request when the server goes, the next goes on', async () => {
        const site = await serveHeld();
        const agent = agentOf({ keepAlive: true, maxSockets: 1 });
        const failed = failure(get({ port: site.port, agent }));
        const answered = answer(get({ port: site.port, agent }));
        (await site.next()).req.socket.destroy();
        assert.equal((await failed).code, 'ECONNRESET');
        (await site.next()).res.end();
        await answered;
        assert.equal(agent.made.length, 2);
      });

      can('is closed by destroy()', async () => {
        const site = await serve();
        const agent = agentOf({ keepAlive: true });
        const { socket } = await answer(get({ port: site.port, agent }));
        agent.destroy();
        assert.ok(socket.destroyed);
        await closed(socket);
        assert.equal(agent.totalSocketCount, 0);
      });

      it('is closed without keepAlive', async () => {
        const site = await serve();
        const agent = agentOf();
        const { socket } = await answer(get({ port: site.port, agent }));
        await closed(socket);
        assert.equal(agent.totalSocketCount, 0);
      });
    });
  }

  it('are treated as Node treats them when parked and taken', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, keepAliveMsecs: 1500, timeout: 40_000 });
    let made;
    agent.createConnection = (options) => {
      made = new SocketLike(net.connect(options));
      return made;
    };
    await answer(get({ port: site.port, agent }));
    const parked = made.calls.map(([name]) => name);
    assert.deepEqual(
      made.calls.find(([name]) => name === 'setKeepAlive'),
      ['setKeepAlive', true, 1500],
    );
    assert.ok(parked.includes('unref'));
    assert.deepEqual(
      made.calls.findLast(([name]) => name === 'setTimeout'),
      ['setTimeout', 40_000],
    );
    made.calls.length = 0;
    await answer(get({ port: site.port, agent }));
    assert.equal(made.calls[0][0], 'ref');
    assert.equal(site.connections, 1);
  });

  it('may lead to a server in the same process', async () => {
    const server = http.createServer((req, res) => res.end(`local ${req.url}`));
    const agent = agentWith({ keepAlive: true });
    agent.createConnection = () => {
      const [near, far] = pair();
      server.emit('connection', far);
      return near;
    };
    const one = await answer(get({ port: 80, path: '/1', agent }));
    const two = await answer(get({ port: 80, path: '/2', agent }));
    assert.equal(one.body, 'local /1');
    assert.equal(two.body, 'local /2');
    assert.equal(one.socket, two.socket);
  });

  it('mix with the agent’s own in one pool', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const own = agent.createConnection;
    let calls = 0;
    agent.createConnection = function (options, callback) {
      calls++;
      return calls === 1 ? net.connect(options) : own.call(this, options, callback);
    };
    const reqs = [get({ port: site.port, agent }), get({ port: site.port, agent })];
    const sockets = (await Promise.all(reqs.map(answer))).map(({ socket }) => socket);
    assert.equal(total(agent.freeSockets), 2);
    assert.deepEqual(new Set(Object.values(agent.freeSockets)[0]), new Set(sockets));
    const again = [get({ port: site.port, agent }), get({ port: site.port, agent })];
    await Promise.all(again.map(answer));
    assert.equal(site.connections, 2);
  });
});

/** Two streams, each giving what the other is given, with what a socket must answer to. */
function pair() {
  const make = () =>
    new (class extends Duplex {
      _read() {
        const taken = this.taken;
        this.taken = undefined;
        taken?.();
      }

      _write(chunk, _encoding, callback) {
        if (this.other.push(chunk)) callback();
        else this.other.taken = callback;
      }

      _final(callback) {
        this.other.push(null);
        callback();
      }

      _destroy(error, callback) {
        if (!this.other.destroyed) this.other.destroy();
        callback(error);
      }
    })();
  const sides = [make(), make()];
  sides.forEach((side, i) => {
    side.other = sides[1 - i];
    for (const name of ['setKeepAlive', 'setTimeout', 'setNoDelay', 'ref', 'unref']) {
      side[name] = () => side;
    }
  });
  return sides;
}
