'use strict';

// A connection whose server one checkServerIdentity() has judged serves no request that has another
// or none. Node's agents share it: on Node 20 always, later where http.request() is given
// `protocol: 'https:'`. The same holds for what else a server is judged by.

const assert = require('node:assert/strict');
const http = require('node:http');
const tls = require('node:tls');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  stock,
  total,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const KEPT_MAX = 16;

const accept = () => undefined;

// No line of Node marks the options of such a request.
function getUnmarked(options) {
  return http.get({ protocol: 'https:', host: '127.0.0.1', servername: 'localhost', ...options });
}

describe('a server judged by a request', function () {
  this.timeout(20_000);
  before(function () {
    // It says what Node's agent does not do.
    if (stock) this.skip();
  });
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let wrong;
  before(async () => {
    const { root, intermediate } = await pki();
    ca = root.pem;
    const leaf = await certificate({ issuer: intermediate, names: ['other.test'] });
    wrong = { key: leaf.key, cert: leaf.chain };
  });

  async function assertRefused(site, options) {
    const error = await failure(getUnmarked({ port: site.port, ...options }));
    assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  }

  for (const get of [getUnmarked, getSecure]) {
    it(`serves none that has no function of its own (${get.name})`, async () => {
      const site = await serveTls(wrong);
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const own = { port: site.port, agent, checkServerIdentity: accept };
      for (let i = 0; i < 2; i++) await answer(get(own));
      await assertRefused(site, { agent });
      await assertRefused(site, { agent, checkServerIdentity: tls.checkServerIdentity });
      assert.equal(site.requests, 2);
    });
  }

  it('is judged once for requests that have the same function', async () => {
    const site = await serveTls(wrong);
    const agent = httpsAgentWith({ ca, keepAlive: true });
    let calls = 0;
    const checkServerIdentity = () => {
      calls++;
    };
    for (let i = 0; i < 3; i++) {
      await answer(getUnmarked({ port: site.port, agent, checkServerIdentity }));
    }
    assert.equal(calls, 1);
    assert.equal(site.connections, 1);
    assert.equal(total(agent.freeSockets), 1);
  });

  it("is judged by each function, and by Node's own for itself", async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, keepAlive: true });
    await answer(getUnmarked({ port: site.port, agent }));
    const asked = [];
    for (const name of ['one', 'other']) {
      const checkServerIdentity = () => void asked.push(name);
      await answer(getUnmarked({ port: site.port, agent, checkServerIdentity }));
    }
    const refusal = new Error('refused');
    const refuse = () => refusal;
    const req = getUnmarked({ port: site.port, agent, checkServerIdentity: refuse });
    assert.equal(await failure(req), refusal);
    assert.deepEqual(asked, ['one', 'other']);
    await answer(getUnmarked({ port: site.port, agent }));
    assert.equal(site.resumed, 0);
    assert.equal(site.connections, 4);
    assert.equal(site.requests, 4);
  });

  it('serves no other that waits', async () => {
    const site = await serveTls(wrong);
    for (const limit of ['maxSockets', 'maxTotalSockets']) {
      for (const own of [{}, { getName: () => 'all' }]) {
        const agent = Object.assign(httpsAgentWith({ ca, keepAlive: true, [limit]: 1 }), own);
        const first = getUnmarked({ port: site.port, agent, checkServerIdentity: accept });
        const second = assertRefused(site, { agent });
        await answer(first);
        await second;
      }
    }
    assert.equal(site.requests, 4);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    it(`leaves no session to others, be it handed over (${maxVersion})`, async () => {
      const site = await serveTls({ ...wrong, maxVersion });
      const agent = httpsAgentWith({ ca });
      const sessions = [];
      const visit = async (options) => {
        const req = getUnmarked({ port: site.port, agent, ...options });
        req.once('socket', (socket) => socket.on('session', (session) => sessions.push(session)));
        await closed((await answer(req)).socket);
      };
      const checkServerIdentity = accept;
      await visit({ checkServerIdentity });
      await assertRefused(site, { agent });
      const [session] = sessions;
      assert.ok(session);
      await assertRefused(site, { agent, session });
      assert.equal(site.resumed, 0);
      await visit({ checkServerIdentity, session });
      assert.equal(site.resumed, 1);
    });
  }

  it("keeps the names of others Node's, and getName() for all", async () => {
    const site = await serveTls();
    const options = { host: '127.0.0.1', port: site.port, servername: 'localhost', ca };
    const agent = httpsAgentWith({ keepAlive: true });
    const nodes = nodeAgentWith({ keepAlive: true });
    const own = { ...options, checkServerIdentity: accept };
    assert.equal(agent.getName(own), nodes.getName(own));
    await answer(getUnmarked({ ...own, agent }));
    await answer(getUnmarked({ ...options, agent }));
    const name = agent.getName(options);
    assert.equal(name, nodes.getName(options));
    assert.ok(Object.hasOwn(agent.freeSockets, name));
    assert.equal(Object.keys(agent.freeSockets).length, 2);
  });

  it("of the agent that was given another function serves the new one's none", async () => {
    const site = await serveTls(wrong);
    const agent = httpsAgentWith({ ca, keepAlive: true, checkServerIdentity: accept });
    await answer(getUnmarked({ port: site.port, agent }));
    assert.deepEqual(Object.keys(agent.freeSockets), [
      agent.getName({
        ...agent.options,
        host: '127.0.0.1',
        port: site.port,
        servername: 'localhost',
      }),
    ]);
    agent.options.checkServerIdentity = tls.checkServerIdentity;
    await assertRefused(site, { agent });
    assert.equal(site.requests, 1);
  });

  it(`keeps the idle connections of ${KEPT_MAX} functions`, async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, keepAlive: true });
    await answer(getUnmarked({ port: site.port, agent }));
    const sockets = [];
    for (let i = 0; i < KEPT_MAX + 4; i++) {
      const own = { port: site.port, agent, checkServerIdentity: () => undefined };
      sockets.push((await answer(getUnmarked(own))).socket);
    }
    const given = sockets.splice(0, 4);
    assert.ok(given.every(({ destroyed }) => destroyed));
    assert.ok(sockets.every(({ destroyed }) => !destroyed));
    await answer(getUnmarked({ port: site.port, agent }));
    assert.equal(site.connections, KEPT_MAX + 5);
  });

  it("with a secureContext serves none without, nor does another's", async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ keepAlive: true });
    for (const secureContext of [
      tls.createSecureContext({ ca }),
      tls.createSecureContext({ ca }),
    ]) {
      for (let i = 0; i < 2; i++)
        await answer(getUnmarked({ port: site.port, agent, secureContext }));
    }
    assert.equal(site.connections, 2);
    const error = await failure(getUnmarked({ port: site.port, agent }));
    assert.match(error.code, /UNABLE_TO/);
    assert.equal(site.requests, 4);
  });

  it('by a partial chain serves none that asks for a whole one', async () => {
    const { intermediate } = await pki();
    const site = await serveTls();
    const agent = httpsAgentWith({ keepAlive: true, ca: intermediate.pem });
    const partial = { port: site.port, agent, allowPartialTrustChain: true };
    try {
      await answer(getUnmarked(partial));
    } catch (error) {
      // An older Node does not know the option.
      assert.match(error.code, /UNABLE_TO/);
    }
    const error = await failure(getUnmarked({ port: site.port, agent }));
    assert.match(error.code, /UNABLE_TO/);
  });
});
