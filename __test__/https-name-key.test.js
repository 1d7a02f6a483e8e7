'use strict';

// The name is the key of the pool: which requests share a connection, and how often the key of
// the same options is made.

const assert = require('node:assert/strict');
const https = require('node:https');
const { kNameOf } = require('../lib/agent/agent');
const {
  HttpsAgent,
  answer,
  closed,
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  since,
  stock,
  total,
  tracked,
} = require('./support/https-agent');
const { pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const nodeMajor = Number(process.versions.node.split('.')[0]);

// A Buffer that counts how often its text was asked for.
function counted(pem) {
  const buffer = Buffer.from(pem);
  buffer.asked = 0;
  buffer.toString = (...args) => {
    buffer.asked++;
    return Buffer.prototype.toString.apply(buffer, args);
  };
  return buffer;
}

// The key that a request with these options gets, without one.
function keyOf(agent, options) {
  if (stock) return agent.getName(options);
  return agent[kNameOf]({ getHeader: () => undefined }, options);
}

describe('HttpsAgent names as keys', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('are the keys of the views', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true, ca: root.pem, minVersion: 'TLSv1.2' });
    const req = getSecure({ port: site.port, agent });
    const name = agent.getName({
      host: '127.0.0.1',
      port: site.port,
      servername: 'localhost',
      ca: root.pem,
      minVersion: 'TLSv1.2',
    });
    assert.deepEqual(Object.keys(agent.sockets), [name]);
    await answer(req);
    assert.deepEqual(Object.keys(agent.freeSockets), [name]);
    const [host, port] = name.split(':');
    assert.equal(host, '127.0.0.1');
    assert.equal(port, String(site.port));
  });

  it('are the keys of requests that wait', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ maxSockets: 1, ca: root.pem });
    const reqs = [1, 2].map(() => getSecure({ port: site.port, agent }));
    assert.deepEqual(Object.keys(agent.requests), Object.keys(agent.sockets));
    assert.equal(total(agent.requests), 1);
    await Promise.all(reqs.map(answer));
    assert.equal(total(agent.requests), 0);
  });

  it("equal those of Node's agent for the same requests", async () => {
    const site = await serveTls();
    const { root, client } = await pki();
    const given = [
      { ca: root.pem },
      { ca: [root.pem, Buffer.from(root.pem)] },
      { ca: root.pem, cert: client.chain, key: client.key },
      { ca: root.pem, ciphers: 'HIGH', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      { rejectUnauthorized: false },
      { ca: root.pem, servername: '' },
      { ca: root.pem, servername: undefined, headers: { host: '127.0.0.1:1' }, family: 4 },
      { ca: root.pem, sigalgs: 'ecdsa_secp256r1_sha256', ecdhCurve: 'P-256' },
    ];
    const agents = [httpsAgentWith({ keepAlive: true }), nodeAgentWith({ keepAlive: true })];
    for (const options of given) {
      const [ours, nodes] = agents.map((agent) => {
        const before = new Set(Object.keys(agent.sockets));
        const req = getSecure({ port: site.port, ...options, agent });
        const [name] = Object.keys(agent.sockets).filter((key) => !before.has(key));
        return { req, name };
      });
      assert.equal(ours.name, nodes.name);
      await Promise.all([answer(ours.req), answer(nodes.req)]);
    }
    assert.equal(Object.keys(agents[0].freeSockets).length, given.length);
  });

  it('keep requests of different trust apart', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const other = await selfSigned({ subject: 'other' });
    const agent = httpsAgentWith({ keepAlive: true });
    const bodies = [];
    for (const options of [
      { ca: root.pem },
      { ca: [root.pem, other.pem] },
      { ca: root.pem, rejectUnauthorized: false },
      { ca: root.pem, ciphers: 'HIGH' },
      { ca: root.pem },
    ]) {
      bodies.push((await answer(getSecure({ port: site.port, ...options, agent }))).body);
    }
    assert.deepEqual(bodies, ['1', '2', '3', '4', '1']);
    assert.equal(total(agent.freeSockets), 4);
  });

  it('are the same for a string and for a Buffer of it', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true });
    for (const ca of [root.pem, Buffer.from(root.pem), [root.pem], Buffer.from(root.pem)]) {
      await answer(getSecure({ port: site.port, ca, agent }));
    }
    assert.equal(site.connections, 1);
  });

  it('follow options that are written later', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true, ca: root.pem });
    const body = async () => (await answer(getSecure({ port: site.port, agent }))).body;
    assert.equal(await body(), '1');
    agent.options.minVersion = 'TLSv1.3';
    assert.equal(await body(), '2');
    agent.options.rejectUnauthorized = false;
    assert.equal(await body(), '3');
    delete agent.options.rejectUnauthorized;
    assert.equal(await body(), '2');
    agent.options = { ca: Buffer.from(root.pem) };
    assert.equal(await body(), '1');
  });

  it('follow an array that has grown', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const other = await selfSigned({ subject: 'other' });
    const agent = httpsAgentWith({ keepAlive: true, ca: [root.pem] });
    const body = async () => (await answer(getSecure({ port: site.port, agent }))).body;
    assert.equal(await body(), '1');
    agent.options.ca.push(other.pem);
    assert.equal(await body(), '2');
  });

  it('follow a Buffer that was written into', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const ca = Buffer.from(`${'#'.repeat(root.pem.length)}\n${root.pem}`);
    const agents = [
      httpsAgentWith({ keepAlive: true, ca }),
      nodeAgentWith({ keepAlive: true, ca }),
    ];
    const names = agents.map(() => new Set());
    for (let i = 0; i < 4; i++) {
      for (const [at, agent] of agents.entries()) {
        await answer(getSecure({ port: site.port, agent }));
        for (const name of Object.keys(agent.freeSockets)) names[at].add(name);
      }
      if (i === 1) ca.fill('=', 0, root.pem.length);
    }
    assert.deepEqual(names[0], names[1]);
    assert.equal(names[0].size, 2);
    assert.equal(site.connections, 4);
  });

  // Node looks at each of its bytes for each request.
  differs('it makes the name anew for each request')(
    'keep no connection that was made of other bytes than they were',
    async () => {
      const site = await serveTls();
      const { root } = await pki();
      const ca = Buffer.from(`${'#'.repeat(1000)}\n${root.pem}`);
      const agent = httpsAgentWith({ keepAlive: true, ca });
      const once = async () => (await answer(getSecure({ port: site.port, agent }))).socket;
      (await once()).destroy();
      // Too little to be seen at a glance.
      ca[0]++;
      const socket = await once();
      await closed(socket);
      assert.deepEqual(Object.keys(agent.freeSockets), []);
      await once();
      const [name] = Object.keys(agent.freeSockets);
      assert.ok(name.includes('$####'));
    },
  );

  since(26)('follow a pfx that has changed within its object', () => {
    const agent = httpsAgentWith();
    const pfx = [{ buf: Buffer.from('one'), passphrase: 'first' }];
    const names = new Set();
    const name = () => names.add(keyOf(agent, { host: 'a.test', port: 1, pfx })).size;
    assert.equal(name(), 1);
    assert.equal(name(), 1);
    pfx[0].passphrase = 'second';
    assert.equal(name(), 2);
    pfx[0].buf = Buffer.from('two');
    assert.equal(name(), 3);
    pfx[0] = Buffer.from('two');
    assert.equal(name(), 4);
    pfx.push({ buf: Buffer.from('two'), passphrase: 'second' });
    assert.equal(name(), 5);
  });

  it('are those of getName(), whatever came before', () => {
    const agent = httpsAgentWith();
    const given = [
      { host: 'a.test', port: 1 },
      { host: 'a.test', port: '1' },
      { host: 'a.test', port: 2 },
      { host: 'a.test', port: 1, servername: 'b.test' },
      { host: 'a.test', port: 1, servername: '' },
      { host: 'a.test', port: 1, family: 4 },
      { host: 'a.test', port: 1, localAddress: '127.0.0.2' },
      { host: 'b.test', port: 1 },
      { socketPath: '/run/a', servername: 'b.test' },
      { socketPath: '/run/a\nb.test', servername: '' },
      { socketPath: '/run/a6 b.test', servername: '' },
      { host: 'a.test', port: 1, ciphers: 'HIGH' },
    ];
    for (const options of [...given, ...given, ...given.toReversed()]) {
      const { host, servername = host } = options;
      assert.equal(keyOf(agent, options), agent.getName({ ...options, servername }));
    }
  });

  differs('it makes the name anew for each request')(
    'are made once for the same options, however large',
    async () => {
      const site = await serveTls();
      const { root, client } = await pki();
      const ca = counted(root.pem);
      const cert = counted(client.chain);
      const key = counted(client.key);
      const agent = httpsAgentWith({ keepAlive: true, ca, cert, key });
      await answer(getSecure({ port: site.port, agent }));
      const asked = [ca.asked, cert.asked, key.asked];
      for (let i = 0; i < 5; i++) await answer(getSecure({ port: site.port, agent }));
      assert.deepEqual([ca.asked, cert.asked, key.asked], asked);
      assert.equal(site.connections, 1);
    },
  );

  differs('it makes the name anew for each request')(
    'are made once for the same options given with each request',
    async () => {
      const site = await serveTls();
      const { root } = await pki();
      const ca = counted(root.pem);
      const agent = httpsAgentWith({ keepAlive: true });
      await answer(getSecure({ port: site.port, ca, agent }));
      const { asked } = ca;
      for (let i = 0; i < 5; i++) await answer(getSecure({ port: site.port, ca, agent }));
      assert.equal(ca.asked, asked);
      assert.equal(site.connections, 1);
    },
  );

  differs('it makes the name anew for each request')(
    'are made once where connections are made anew',
    async () => {
      const site = await serveTls();
      const { root } = await pki();
      const ca = counted(root.pem);
      const agent = httpsAgentWith({ ca });
      await answer(getSecure({ port: site.port, agent }));
      const { asked } = ca;
      for (let i = 0; i < 3; i++) await answer(getSecure({ port: site.port, agent }));
      assert.equal(ca.asked, asked);
      assert.equal(site.connections, 4);
    },
  );

  it('are told apart per origin by one ca', async () => {
    const sites = [await serveTls(), await serveTls()];
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true, ca: Buffer.from(root.pem) });
    for (const site of [...sites, ...sites]) await answer(getSecure({ port: site.port, agent }));
    assert.deepEqual(
      sites.map((site) => site.connections),
      [1, 1],
    );
    assert.equal(Object.keys(agent.freeSockets).length, 2);
  });

  for (const where of ['on the agent', 'in a subclass']) {
    it(`getName overridden ${where} decides`, async () => {
      const site = await serveTls();
      const { root } = await pki();
      const asked = [];
      function getName(options) {
        asked.push(options);
        return 'one for all';
      }
      class Mine extends HttpsAgent {}
      const options = { keepAlive: true, ca: root.pem };
      const agent = tracked(
        where === 'in a subclass' ? new Mine(options) : new HttpsAgent(options),
      );
      if (where === 'in a subclass') Mine.prototype.getName = getName;
      else agent.getName = getName;
      const req = getSecure({ port: site.port, mine: 'one', agent });
      assert.deepEqual(Object.keys(agent.sockets), ['one for all']);
      assert.equal(asked[0].mine, 'one');
      assert.equal(asked[0].servername, 'localhost');
      assert.equal(asked[0].ca, root.pem);
      await answer(req);
      const before = asked.length;
      await answer(getSecure({ port: site.port, mine: 'two', minVersion: 'TLSv1.3', agent }));
      assert.ok(asked.length > before);
      assert.equal(asked[before].mine, 'two');
      assert.equal(site.connections, 1);
    });
  }

  it('getName replaced on the prototype decides, as tracers do it', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const original = HttpsAgent.prototype.getName;
    const seen = [];
    HttpsAgent.prototype.getName = function getName(options) {
      const name = `${original.call(this, options)}#traced`;
      seen.push(name);
      return name;
    };
    try {
      const agent = httpsAgentWith({ keepAlive: true, ca: root.pem });
      const req = getSecure({ port: site.port, agent });
      assert.match(Object.keys(agent.sockets)[0], /#traced$/);
      await answer(req);
      assert.ok(seen.length > 0);
    } finally {
      HttpsAgent.prototype.getName = original;
    }
  });

  since(22)('have a number for a request with checkServerIdentity of its own', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true, ca: root.pem });
    const given = [];
    const original = agent.getName;
    agent.getName = function getName(options) {
      const name = original.call(this, options);
      given.push([options, name]);
      return name;
    };
    const checkServerIdentity = () => undefined;
    await answer(getSecure({ port: site.port, checkServerIdentity, agent }));
    await answer(getSecure({ port: site.port, checkServerIdentity, agent }));
    await answer(getSecure({ port: site.port, agent }));
    const names = new Set(given.map(([, name]) => name));
    // Node 20 has no such rule, so that its requests share one name.
    assert.equal(names.size, nodeMajor >= 22 ? 3 : 1);
    if (nodeMajor >= 22) {
      for (const [options, name] of given.slice(0, 1)) {
        assert.match(name, /:\d+$/);
        assert.equal(https.Agent.prototype.getName.call(new https.Agent(), options), name);
      }
      assert.match([...names].at(-1), /:$/);
    }
  });
});
