'use strict';

// Where sessions are kept: how many, until when, and by which methods.

const assert = require('node:assert/strict');
const {
  HttpsAgent,
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  stock,
  tracked,
  reused,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const METHODS = ['_getSession', '_cacheSession', '_evictSession'];

describe('HttpsAgent session cache', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // Resets each connection on which /reset is asked for: the client sees an error.
  async function resetting(options) {
    const site = await serveTls(options, (req, res) => {
      if (req.url !== '/reset') return res.end();
      for (const socket of site.sockets) {
        if (socket.remotePort === req.socket.remotePort) socket.resetAndDestroy();
      }
    });
    return site;
  }

  // Every call of the agent's session methods, in order.
  function recorded(agent) {
    const calls = [];
    for (const method of METHODS) {
      const original = agent[method];
      agent[method] = function recording(...args) {
        assert.equal(this, agent);
        const given = original.apply(this, args);
        calls.push({ method, args, given });
        return given;
      };
    }
    return calls;
  }

  describe('maxCachedSessions', () => {
    it('0 keeps none', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, maxCachedSessions: 0 });
      for (let i = 0; i < 3; i++) assert.equal(await reused(site, agent), false);
      assert.equal(site.resumed, 0);
      assert.deepEqual(agent._sessionCache.list, []);
    });

    it('1 keeps that of the last origin', async () => {
      const [a, b] = [await serveTls(), await serveTls()];
      const agent = httpsAgentWith({ ca, maxCachedSessions: 1 });
      const seen = [];
      for (const site of [a, a, b, b, a, b]) seen.push(await reused(site, agent));
      assert.deepEqual(seen, [false, true, false, true, false, false]);
      assert.equal(agent._sessionCache.list.length, 1);
    });

    it('2 lets the oldest of three origins go', async () => {
      const [a, b, c] = [await serveTls(), await serveTls(), await serveTls()];
      const agent = httpsAgentWith({ ca, maxCachedSessions: 2 });
      const seen = [];
      for (const site of [a, b, a, c, b, a]) seen.push(await reused(site, agent));
      // First in, first out: that `a` was used again does not keep it.
      assert.deepEqual(seen, [false, false, true, false, true, false]);
      assert.equal(agent._sessionCache.list.length, 2);
    });

    it('may be changed', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, maxCachedSessions: 0 });
      assert.equal(await reused(site, agent), false);
      agent.maxCachedSessions = 1;
      assert.equal(await reused(site, agent), false);
      assert.equal(await reused(site, agent), true);
    });
  });

  // As many as the process once kept of all agents together.
  const MANY = 1100;
  const AT_ONCE = 20;

  async function visitOften(site, agent) {
    const visits = Array.from({ length: AT_ONCE }, async () => {
      for (let i = 0; i < MANY / AT_ONCE; i++) await reused(site, agent);
    });
    await Promise.all(visits);
  }

  it('loses none to an agent that keeps none', async () => {
    const [a, b] = [await serveTls(), await serveTls()];
    const agent = httpsAgentWith({ ca });
    assert.equal(await reused(a, agent), false);
    await visitOften(b, httpsAgentWith({ ca, maxCachedSessions: 0 }));
    assert.equal(b.resumed, 0);
    assert.equal(await reused(a, agent), true);
  });

  it('loses none to the sessions that another agent gives its program', async () => {
    const [a, b] = [await serveTls(), await serveTls()];
    const agent = httpsAgentWith({ ca });
    assert.equal(await reused(a, agent), false);
    const other = httpsAgentWith({ ca, maxCachedSessions: 0 });
    const given = [];
    other._cacheSession = (_, session) => given.push(session);
    await visitOften(b, other);
    assert.equal(b.resumed, 0);
    assert.equal(await reused(a, agent), true);
    // Each of them serves for as long as the program has it.
    assert.equal(await reused(b, other, { session: given[0] }), true);
    assert.equal(await reused(b, other, { session: Buffer.from(given.at(-1)) }), true);
  });

  it('has no more than the program or an agent holds', async function () {
    if (stock) this.skip();
    const site = await serveTls({ maxVersion: 'TLSv1.2' });
    const ended = await run('forgotten-session.js', [site.port, ca], {
      execArgv: ['--expose-gc'],
    });
    assert.deepEqual(result(ended), { kept: true, forgotten: true });
  });

  it('has one session a name', async () => {
    const [a, b] = [await serveTls(), await serveTls()];
    const agent = httpsAgentWith({ ca });
    for (const site of [a, b, a, b]) await reused(site, agent);
    assert.equal(agent._sessionCache.list.length, 2);
    assert.deepEqual(
      Object.keys(agent._sessionCache.map).sort(),
      [...agent._sessionCache.list].sort(),
    );
    for (const session of Object.values(agent._sessionCache.map))
      assert.ok(Buffer.isBuffer(session));
  });

  it('outlives destroy()', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca });
    assert.equal(await reused(site, agent), false);
    agent.destroy();
    assert.equal(await reused(site, agent), true);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`loses the session of a connection that fails (${version})`, async () => {
      const site = await resetting({ maxVersion: version });
      const agent = httpsAgentWith({ ca });
      assert.equal(await reused(site, agent), false);
      assert.equal(await reused(site, agent), true);
      const error = await failure(getSecure({ port: site.port, path: '/reset', agent }));
      assert.equal(error.code, 'ECONNRESET');
      assert.deepEqual(agent._sessionCache.list, []);
      assert.equal(await reused(site, agent), false);
      assert.equal(await reused(site, agent), true);
    });
  }

  it('keeps the session of a connection that ends well, or that the program destroys', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca });
    await reused(site, agent);
    const req = getSecure({ port: site.port, agent });
    req.once('socket', (socket) => socket.once('secureConnect', () => req.destroy()));
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(agent._sessionCache.list.length, 1);
  });

  it('loses it when the program destroys the connection with an error', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca });
    await reused(site, agent);
    const own = new Error('own');
    const req = getSecure({ port: site.port, agent });
    const closes = new Promise((resolve) => {
      req.once('socket', (socket) => {
        socket.once('secureConnect', () => socket.destroy(own));
        socket.once('close', resolve);
      });
    });
    assert.equal(await failure(req), own);
    assert.equal(await closes, true);
    assert.deepEqual(agent._sessionCache.list, []);
  });

  it('keeps nothing of a connection that was refused', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca: (await pki()).client.pem });
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    assert.deepEqual(agent._sessionCache.list, []);
    assert.equal(site.requests, 0);
  });

  describe('methods', () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      it(`are called as Node calls them (${version})`, async () => {
        const logs = [];
        for (const agent of [httpsAgentWith({ ca }), nodeAgentWith({ ca })]) {
          const site = await resetting({ maxVersion: version });
          const calls = recorded(agent);
          const req = getSecure({ port: site.port, agent });
          const [name] = Object.keys(agent.sockets);
          const { socket } = await answer(req);
          await closed(socket);
          await reused(site, agent);
          await failure(getSecure({ port: site.port, path: '/reset', agent }));
          await reused(site, agent);
          for (const { method, args } of calls) {
            assert.equal(args[0], name);
            assert.equal(args.length, method === '_cacheSession' ? 2 : 1);
            if (method === '_cacheSession') assert.ok(Buffer.isBuffer(args[1]));
          }
          logs.push(calls.map(({ method, given }) => [method, Buffer.isBuffer(given)]));
        }
        assert.deepEqual(logs[0], logs[1]);
        assert.deepEqual(logs[0][0], ['_getSession', false]);
        assert.ok(logs[0].some(([method]) => method === '_cacheSession'));
        assert.ok(logs[0].some(([method]) => method === '_evictSession'));
        assert.ok(logs[0].some(([method, given]) => method === '_getSession' && given));
      });
    }

    it('that are overridden may keep the sessions elsewhere', async () => {
      const site = await serveTls();
      const kept = new Map();
      class Keeping extends HttpsAgent {
        _getSession(key) {
          return kept.get(key);
        }

        _cacheSession(key, session) {
          kept.set(key, session);
        }

        _evictSession(key) {
          kept.delete(key);
        }
      }
      // Two agents of one store share their sessions, because the program has it so.
      const agents = [1, 2].map(() => tracked(new Keeping({ ca })));
      assert.equal(await reused(site, agents[0]), false);
      assert.equal(kept.size, 1);
      assert.equal(await reused(site, agents[1]), true);
      assert.deepEqual(agents[0]._sessionCache.list, []);
    });

    it('that are overridden may keep none', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca });
      agent._getSession = () => undefined;
      for (let i = 0; i < 3; i++) assert.equal(await reused(site, agent), false);
      assert.equal(agent._sessionCache.list.length, 1);
    });

    it('that forget bring a full handshake', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca });
      const req = getSecure({ port: site.port, agent });
      const [name] = Object.keys(agent.sockets);
      await closed((await answer(req)).socket);
      assert.ok(Buffer.isBuffer(agent._getSession(name)));
      agent._evictSession(name);
      assert.equal(agent._getSession(name), undefined);
      assert.equal(await reused(site, agent), false);
    });

    it('are the prototype’s, so that a tracer may wrap them there', async () => {
      const site = await serveTls();
      const original = HttpsAgent.prototype._getSession;
      let calls = 0;
      HttpsAgent.prototype._getSession = function _getSession(key) {
        calls++;
        return original.call(this, key);
      };
      try {
        const agent = httpsAgentWith({ ca });
        await reused(site, agent);
        assert.equal(await reused(site, agent), true);
        assert.equal(calls, 2);
      } finally {
        HttpsAgent.prototype._getSession = original;
      }
    });
  });
});
