'use strict';

// checkServerIdentity: who is asked, with what, and what the answer does.

const assert = require('node:assert/strict');
const tls = require('node:tls');
const {
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  total,
} = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

// Since Node 22 a function of one request decides about that request's connection alone.
const perRequest = Number(process.versions.node.split('.')[0]) >= 22;

describe('HttpsAgent option checkServerIdentity', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let intermediate;
  before(async () => {
    const made = await pki();
    ca = made.root.pem;
    intermediate = made.intermediate;
  });

  const wrongHost = async () => {
    const leaf = await certificate({ issuer: intermediate, names: ['wrong.example'] });
    return serveTls({ cert: leaf.chain, key: leaf.key });
  };

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`of the agent is called as Node calls it (${version})`, async () => {
      const site = await serveTls({ maxVersion: version });
      const calls = [];
      const checkServerIdentity = (...args) => {
        calls.push(args);
      };
      for (const agent of [
        httpsAgentWith({ ca, checkServerIdentity }),
        nodeAgentWith({ ca, checkServerIdentity }),
      ]) {
        await answer(getSecure({ port: site.port, agent }));
      }
      assert.equal(calls.length, 2);
      const [ours, nodes] = calls;
      assert.equal(ours.length, 2);
      assert.equal(ours[0], 'localhost');
      assert.deepEqual(ours, nodes);
      const [, cert] = ours;
      assert.equal(cert.subject.CN, 'localhost');
      assert.ok(cert.raw.equals((await pki()).server.der));
      assert.ok(cert.issuerCertificate.raw.equals(intermediate.der));
    });
  }

  for (const [what, request, host] of [
    ['the servername', { servername: 'any.example' }, 'any.example'],
    ["the host, where the servername is ''", { servername: '' }, '127.0.0.1'],
    ['the IP host', { servername: undefined }, '127.0.0.1'],
    ['the Host header', { servername: undefined, headers: { host: 'b.example:1' } }, 'b.example'],
  ]) {
    it(`is given ${what}`, async () => {
      const site = await serveTls();
      const names = [];
      const checkServerIdentity = (name) => {
        names.push(name);
      };
      for (const agent of [
        httpsAgentWith({ ca, checkServerIdentity }),
        nodeAgentWith({ ca, checkServerIdentity }),
      ]) {
        await answer(getSecure({ port: site.port, ...request, agent }));
      }
      assert.deepEqual(names, [host, host]);
    });
  }

  it('may accept what the default refuses', async () => {
    const site = await wrongHost();
    const agent = httpsAgentWith({ ca, checkServerIdentity: () => undefined });
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(socket.authorized, true);
    assert.equal(socket.authorizationError, null);
  });

  for (const where of ['agent', 'request']) {
    it(`refuses with its own error (${where})`, async () => {
      const site = await serveTls();
      const own = Object.assign(new Error('not pinned'), { code: 'PIN', more: 1 });
      const options = { checkServerIdentity: () => own };
      const agent = httpsAgentWith({ ca, ...(where === 'agent' && options) });
      const req = getSecure({ port: site.port, agent, ...(where === 'request' && options) });
      assert.equal(await failure(req), own);
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(site.requests, 0);
    });
  }

  for (const error of [
    new Error('no code'),
    Object.assign(new Error('with code'), { code: 'OWN_CODE' }),
  ]) {
    it(`tells its error when nobody is refused (${error.message})`, async () => {
      const site = await serveTls();
      for (const make of [httpsAgentWith, nodeAgentWith]) {
        const agent = make({
          ca,
          rejectUnauthorized: false,
          checkServerIdentity: () => error,
        });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        assert.equal(socket.authorized, false);
        assert.equal(socket.authorizationError, error.code ?? error.message);
      }
    });
  }

  it('is not asked about a chain that is refused anyway', async () => {
    const leaf = await selfSigned();
    const site = await serveTls({ cert: leaf.pem, key: leaf.key });
    let calls = 0;
    const checkServerIdentity = () => {
      calls++;
    };
    const agent = httpsAgentWith({ checkServerIdentity });
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    const lax = httpsAgentWith({ checkServerIdentity, rejectUnauthorized: false });
    const { socket } = await answer(getSecure({ port: site.port, agent: lax }));
    assert.equal(socket.authorizationError, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(calls, 0);
  });

  it('is asked once a connection, and not about a resumed one', async () => {
    const site = await serveTls();
    let calls = 0;
    const agent = httpsAgentWith({
      ca,
      checkServerIdentity() {
        calls++;
      },
    });
    for (let i = 0; i < 2; i++) {
      await closed((await answer(getSecure({ port: site.port, agent }))).socket);
    }
    assert.equal(site.resumed, 1);
    assert.equal(calls, 1);
    agent.keepAlive = true;
    for (let i = 0; i < 3; i++) await answer(getSecure({ port: site.port, agent }));
    assert.equal(site.connections, 3);
    assert.equal(calls, 1);
  });

  it('is asked before the request goes out', async () => {
    const site = await serveTls();
    const events = [];
    site.server.on('request', () => events.push('request'));
    const agent = httpsAgentWith({
      ca,
      checkServerIdentity() {
        events.push('asked');
      },
    });
    const req = getSecure({ port: site.port, agent });
    req.once('socket', (socket) => socket.once('secureConnect', () => events.push('secure')));
    await answer(req);
    assert.deepEqual(events, ['asked', 'secure', 'request']);
  });

  it('of the agent leaves its connections to be shared', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, keepAlive: true, checkServerIdentity: () => undefined });
    for (let i = 0; i < 2; i++) await answer(getSecure({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it("of the agent comes before a request's", async () => {
    const site = await serveTls();
    const asked = [];
    const agent = httpsAgentWith({
      ca,
      keepAlive: true,
      checkServerIdentity() {
        asked.push('agent');
      },
    });
    const checkServerIdentity = () => {
      asked.push('request');
    };
    for (let i = 0; i < 2; i++) {
      await answer(getSecure({ port: site.port, checkServerIdentity, agent }));
    }
    assert.deepEqual(asked, ['agent']);
    assert.equal(site.connections, 1);
  });

  describe('of a request', () => {
    it(
      perRequest ? 'has the connection to itself' : 'shares connections on this Node',
      async () => {
        const site = await serveTls();
        const agent = httpsAgentWith({ ca, keepAlive: true });
        let calls = 0;
        const checkServerIdentity = () => {
          calls++;
        };
        for (let i = 0; i < 3; i++) {
          const req = getSecure({ port: site.port, checkServerIdentity, agent });
          const { socket } = await answer(req);
          if (perRequest) await closed(socket);
        }
        assert.equal(calls, perRequest ? 3 : 1);
        assert.equal(site.connections, perRequest ? 3 : 1);
        assert.equal(site.resumed, 0);
        assert.equal(total(agent.freeSockets), perRequest ? 0 : 1);
      },
    );

    it('does not get the session of another request, nor leave one', async () => {
      if (!perRequest) return;
      const site = await serveTls();
      const agent = httpsAgentWith({ ca });
      let calls = 0;
      const checkServerIdentity = () => {
        calls++;
      };
      const visit = async (options) =>
        closed((await answer(getSecure({ port: site.port, agent, ...options }))).socket);
      await visit({ checkServerIdentity });
      assert.deepEqual(agent._sessionCache.list, []);
      await visit();
      assert.equal(agent._sessionCache.list.length, 1);
      await visit({ checkServerIdentity });
      assert.equal(calls, 2);
      assert.equal(site.resumed, 0);
      await visit();
      assert.equal(site.resumed, 1);
    });

    it('does not get a parked connection that it has not judged', async () => {
      if (!perRequest) return;
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, keepAlive: true });
      await answer(getSecure({ port: site.port, agent }));
      const own = new Error('own');
      const checkServerIdentity = () => own;
      assert.equal(await failure(getSecure({ port: site.port, checkServerIdentity, agent })), own);
      assert.equal(site.requests, 1);
      await answer(getSecure({ port: site.port, agent }));
      assert.equal(site.connections, 2);
    });

    it('that waits is asked too', async () => {
      const site = await wrongHost();
      const agent = httpsAgentWith({ ca, maxSockets: 1 });
      let calls = 0;
      const checkServerIdentity = () => {
        calls++;
      };
      const reqs = [1, 2].map(() => getSecure({ port: site.port, checkServerIdentity, agent }));
      await Promise.all(reqs.map(answer));
      assert.equal(site.requests, 2);
      assert.ok(calls > 0);
      // Where requests share their sessions, that of the first two serves the next as well.
      if (!perRequest) return;
      const error = await failure(getSecure({ port: site.port, agent }));
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it("that is Node's own changes nothing", async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const { checkServerIdentity } = tls;
      for (let i = 0; i < 2; i++) {
        await answer(getSecure({ port: site.port, checkServerIdentity, agent }));
      }
      assert.equal(site.connections, 1);
    });
  });

  it('of the module, replaced by the program, decides', async () => {
    const site = await serveTls();
    const { checkServerIdentity } = tls;
    const own = new Error('own');
    let asked;
    tls.checkServerIdentity = (...args) => {
      asked = args;
      return own;
    };
    try {
      const agent = httpsAgentWith({ ca });
      assert.equal(await failure(getSecure({ port: site.port, agent })), own);
      assert.equal(asked[0], 'localhost');
      assert.equal(asked[1].subject.CN, 'localhost');
    } finally {
      tls.checkServerIdentity = checkServerIdentity;
    }
    await answer(getSecure({ port: site.port, agent: httpsAgentWith({ ca }) }));
    assert.equal(site.requests, 1);
  });

  for (const checkServerIdentity of [null, 1, 'x', {}]) {
    it(`${JSON.stringify(checkServerIdentity)} throws as Node's agent throws`, async () => {
      const site = await serveTls();
      const ended = await sameAsNode(site, { ca, checkServerIdentity });
      assert.match(ended, /^thrown /);
      if (perRequest) assert.match(ended, /ERR_INVALID_ARG_TYPE: .*options\.checkServerIdentity/);
      assert.equal(site.connections, 0);
    });
  }
});
