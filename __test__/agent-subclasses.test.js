'use strict';

// What a subclass, or a program, has in the place of Node's own properties: Node's agent reads them
// whenever it decides, however they came there.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const {
  Agent,
  HttpsAgent,
  agentWith,
  answer,
  counts,
  differs,
  dispose,
  get,
  total,
  tracked,
} = require('./support/https-agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const nameOf = (site) => `127.0.0.1:${site.port}:`;

async function ask(agent, site, n) {
  const answers = Array.from({ length: n }, () => answer(get({ port: site.port, agent })));
  return Promise.all(answers);
}

/** Node's own createSocket(), as of Node 26, and its listeners: programs have copied them. */
class Copied extends Agent {
  createSocket(req, options, cb) {
    options = { __proto__: null, ...options, ...this.options };
    if (options.socketPath) options.path = options.socketPath;
    const timeout = req.timeout || this.options.timeout || undefined;
    if (timeout) options.timeout = timeout;
    const name = this.getName(options);
    options._agentKey = name;
    options.encoding = null;
    let called = false;
    const oncreate = (err, s) => {
      if (called) return;
      called = true;
      if (err) {
        cb(err);
        return;
      }
      this.sockets[name] ||= [];
      this.sockets[name].push(s);
      this.totalSocketCount++;
      installListeners(this, s, options);
      cb(null, s);
    };
    if (this.keepAlive) {
      options.keepAlive = this.keepAlive;
      options.keepAliveInitialDelay = this.keepAliveMsecs;
    }
    const newSocket = this.createConnection(options, oncreate);
    if (newSocket) oncreate(null, newSocket);
  }
}

function installListeners(agent, s, options) {
  const onFree = () => agent.emit('free', s, options);
  const onClose = () => {
    agent.totalSocketCount--;
    agent.removeSocket(s, options);
  };
  const onTimeout = () => {
    const sockets = agent.freeSockets;
    if (Object.keys(sockets).some((name) => sockets[name].includes(s))) s.destroy();
  };
  const onRemove = () => {
    agent.totalSocketCount--;
    agent.removeSocket(s, options);
    s.removeListener('close', onClose);
    s.removeListener('free', onFree);
    s.removeListener('timeout', onTimeout);
    s.removeListener('agentRemove', onRemove);
  };
  s.on('free', onFree);
  s.on('close', onClose);
  s.on('timeout', onTimeout);
  s.on('agentRemove', onRemove);
}

describe('Agent subclasses', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('a class field bounds the connections: maxSockets', async () => {
    class Bounded extends Agent {
      maxSockets = 2;
    }
    const site = await serve();
    const agent = tracked(new Bounded({ keepAlive: true }));
    const answers = ask(agent, site, 8);
    assert.deepEqual(counts(agent.sockets), { [nameOf(site)]: 2 });
    assert.equal(agent.maxSockets, 2);
    await answers;
    assert.equal(site.connections, 2);
  });

  it('a class field bounds the connections: maxTotalSockets', async () => {
    class Bounded extends Agent {
      maxTotalSockets = 2;
    }
    const sites = [await serve(), await serve()];
    const agent = tracked(new Bounded());
    const answers = sites.map((site) => ask(agent, site, 3));
    assert.equal(agent.totalSocketCount, 2);
    await Promise.all(answers);
  });

  it('class fields keep connections, and bound how many: keepAlive, maxFreeSockets', async () => {
    class Kept extends Agent {
      keepAlive = true;
      maxFreeSockets = 1;
    }
    const site = await serveHeld();
    const agent = tracked(new Kept());
    const answers = ask(agent, site, 3);
    const held = [await site.next(), await site.next(), await site.next()];
    for (const { res } of held) res.end();
    await answers;
    assert.deepEqual(counts(agent.freeSockets), { [nameOf(site)]: 1 });
  });

  it('a class field says which connection is reused: scheduling', async () => {
    class Fifo extends Agent {
      scheduling = 'fifo';
    }
    const site = await serveHeld();
    const agent = tracked(new Fifo({ keepAlive: true }));
    const answers = ask(agent, site, 2);
    for (const { res } of [await site.next(), await site.next()]) res.end();
    await answers;
    const [oldest] = agent.freeSockets[nameOf(site)];
    const third = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    assert.equal((await third).socket, oldest);
  });

  it('a limit that a class field has is obeyed when it is written again', async () => {
    class Bounded extends Agent {
      maxSockets = 1;
    }
    const site = await serve();
    const agent = tracked(new Bounded());
    await ask(agent, site, 1);
    agent.maxSockets = 3;
    const answers = ask(agent, site, 5);
    assert.equal(total(agent.sockets), 3);
    await answers;
  });

  it('an accessor of the subclass is asked', async () => {
    class Asked extends Agent {
      limit = 2;
      get maxSockets() {
        return this.limit;
      }
      set maxSockets(_) {}
    }
    const site = await serveHeld();
    const agent = tracked(new Asked({ maxSockets: 7 }));
    assert.equal(agent.maxSockets, 2);
    const answers = ask(agent, site, 3);
    assert.equal(total(agent.sockets), 2);
    agent.limit = 3;
    const more = ask(agent, site, 1);
    assert.equal(total(agent.sockets) + total(agent.requests), 4);
    for (let i = 0; i < 4; i++) (await site.next()).res.end();
    await Promise.all([answers, more]);
  });

  it('an accessor without a setter throws, as an assignment does', () => {
    class ReadOnly extends Agent {
      get maxSockets() {
        return 2;
      }
    }
    assert.throws(() => new ReadOnly(), TypeError);
  });

  it('a limit may be a string', async () => {
    const site = await serve();
    const agent = agentWith();
    agent.maxSockets = '2';
    const answers = ask(agent, site, 4);
    assert.equal(total(agent.sockets), 2);
    await answers;
  });

  for (const [way, Replaced] of [
    [
      'in the constructor',
      class extends Agent {
        constructor(options) {
          super(options);
          this.sockets = {};
          this.freeSockets = {};
          this.requests = {};
        }
      },
    ],
    [
      'by class fields',
      class extends Agent {
        sockets = {};
        freeSockets = {};
        requests = {};
      },
    ],
    [
      'by accessors',
      class extends Agent {
        get sockets() {
          return this.mine;
        }
        set sockets(sockets) {
          this.mine = sockets;
        }
      },
    ],
  ]) {
    it(`sockets, freeSockets and requests that are replaced ${way} show what is there`, async () => {
      const site = await serve();
      const agent = tracked(new Replaced({ keepAlive: true, maxSockets: 2 }));
      const answers = ask(agent, site, 3);
      assert.deepEqual(counts(agent.sockets), { [nameOf(site)]: 2 });
      assert.deepEqual(counts(agent.requests), { [nameOf(site)]: 1 });
      await answers;
      assert.deepEqual(counts(agent.sockets), {});
      assert.equal(total(agent.freeSockets), 2);
      assert.equal(site.connections, 2);
    });
  }

  it('freeSockets that are replaced bring their sockets with them', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const socket = net.connect(site.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    agent.freeSockets = { [nameOf(site)]: [socket] };
    const req = get({ port: site.port, agent });
    assert.equal(req.reusedSocket, true);
    assert.equal((await answer(req)).socket, socket);
    socket.destroy();
  });

  it("Node's own createSocket(), copied, keeps the limits", async () => {
    const site = await serve();
    const agent = tracked(new Copied({ keepAlive: true, maxSockets: 2 }));
    const answers = ask(agent, site, 7);
    assert.deepEqual(counts(agent.sockets), { [nameOf(site)]: 2 });
    assert.equal(total(agent.requests), 5);
    assert.equal(agent.totalSocketCount, 2);
    await answers;
    assert.equal(site.connections, 2);
    assert.deepEqual(counts(agent.sockets), {});
    assert.equal(total(agent.freeSockets), 2);
    assert.equal(agent.totalSocketCount, 2);
    await ask(agent, site, 4);
    assert.equal(site.connections, 2);
  });

  it('copied, it gives each place up with its connection', async () => {
    const site = await serve();
    const agent = tracked(new Copied({ maxTotalSockets: 2 }));
    const sockets = (await ask(agent, site, 5)).map(({ socket }) => socket);
    await Promise.all(
      sockets.filter((s) => !s.closed).map((s) => new Promise((resolve) => s.on('close', resolve))),
    );
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(counts(agent.sockets), {});
    assert.deepEqual(counts(agent.requests), {});
  });

  differs('what is still to be made does not count')(
    'copied, with a createConnection() that calls back later',
    async () => {
      class Later extends Copied {
        createConnection(options, callback) {
          setImmediate(() => callback(null, net.connect(options)));
        }
      }
      const site = await serve();
      const agent = tracked(new Later({ keepAlive: true, maxSockets: 2 }));
      await ask(agent, site, 6);
      assert.equal(site.connections, 2);
      assert.equal(agent.totalSocketCount, 2);
    },
  );

  it('HttpsAgent obeys class fields too', () => {
    class Bounded extends HttpsAgent {
      maxSockets = 1;
      requests = {};
    }
    const agent = tracked(new Bounded());
    const reqs = [1, 2, 3].map(() => https.get({ host: '127.0.0.1', port: 1, agent }));
    for (const req of reqs) req.on('error', () => {});
    assert.equal(total(agent.sockets), 1);
    assert.equal(total(agent.requests), 2);
    for (const req of reqs) req.destroy();
  });

  it('prototypes and constructors of ES5', async () => {
    function Old(options) {
      Agent.call(this, options);
      this.maxSockets = 1;
    }
    Object.setPrototypeOf(Old.prototype, Agent.prototype);
    const site = await serve();
    const agent = tracked(new Old({ keepAlive: true }));
    assert.ok(agent instanceof http.Agent);
    await ask(agent, site, 3);
    assert.equal(site.connections, 1);
  });
});
