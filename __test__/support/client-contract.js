'use strict';

// What must hold for every HTTP client that is given an agent. A client is a module of ../clients:
//
//   load()                       the client's own module
//   request(own, url, options)   { status, body } of `method` over `agents`, by scheme, with a
//                                `body` of bytes or a stream, a `timeout` (ms) in the client's
//                                sense, a `signal`
//   stream(own, url, options)    the body as a stream
//   timedOut, aborted            what the client says then
//   decompresses                 false where it does not
//   keeps                        how many idle connections it leaves, 1 by default
//   crosses                      false where a redirect can't have the other scheme's agent

const assert = require('node:assert/strict');
const net = require('node:net');
const { Readable } = require('node:stream');
const { differs, dispose, stock } = require('./agent');
const { digest } = require('./body');
const { pki } = require('./certificates');
const { result, run } = require('./child');
const {
  BIG,
  SCHEMES,
  clientAgent,
  clientSite,
  idle,
  queued,
  refusedUrl,
} = require('./client-site');
const { closeServers } = require('./server');

// Long enough for a server under load to see the request.
const TIMEOUT_MS = 300;

/** Declares the tests of a client, those of `more(setting)` among them, for HTTP and for HTTPS. */
function describeClient(name, more = () => {}) {
  const client = require(`../clients/${name}`);
  for (const scheme of SCHEMES) {
    describe(`${name} over ${scheme.toUpperCase()}`, () => {
      const setting = { client, scheme };

      before(async () => {
        setting.own = await client.load();
      });
      beforeEach(async () => {
        setting.site = await clientSite(scheme);
        setting.agent = await clientAgent(scheme);
        setting.agents = { [scheme]: setting.agent };
        setting.ask = (path, options) => ask(setting, setting.site.url + path, options);
      });
      afterEach(dispose);
      afterEach(closeServers);

      describeReuse(setting);
      describeBodies(setting);
      describeEnds(setting);
      describeProcess(name, setting);
      more(setting);
    });
  }
}

async function ask({ client, own, agents }, url, options) {
  const { status, body } = await client.request(own, url, { agents, method: 'GET', ...options });
  assert.equal(status, 200);
  return String(body);
}

function describeReuse(setting) {
  it('requests in turn share one connection', async () => {
    const { agent, ask, scheme, site } = setting;
    const seen = new Set();
    for (let i = 0; i < 5; i++) {
      assert.equal(await ask('/number'), '1');
      const [socket] = await idle(agent, 1);
      seen.add(socket);
    }
    assert.equal(site.connections, 1);
    assert.equal(site.requests, 5);
    assert.equal(seen.size, 1);
    const [socket] = seen;
    assert(socket instanceof net.Socket);
    // A native socket has no handle, and says that its TLS is native too.
    if (!stock) assert.equal(socket._handle, null);
    if (!stock && scheme === 'https') assert.equal(socket.transport, 'rustls');
  });

  it('parallel requests share as many connections as the agent allows', async () => {
    const { agent, ask, site } = setting;
    agent.maxSockets = 3;
    const asked = Array.from({ length: 12 }, () => ask('/together?of=3'));
    const numbers = await Promise.all(asked);
    for (const number of ['1', '2', '3']) {
      assert.equal(numbers.filter((one) => one === number).length, 4);
    }
    await idle(agent, 3);
    assert.equal(site.connections, 3);
  });

  it('after the server has closed an idle connection, a new one serves', async () => {
    const { agent, ask, site } = setting;
    await ask('/number');
    await idle(agent, 1);
    for (const socket of site.sockets) socket.destroy();
    await idle(agent, 0);
    assert.equal(await ask('/number'), '2');
  });
}

function describeBodies(setting) {
  const sent = { method: 'POST', length: BIG.length, digest: digest(BIG) };

  it('a body of bytes arrives whole', async () => {
    const { ask, site } = setting;
    assert.deepEqual(JSON.parse(await ask('/digest', { method: 'POST', body: BIG })), sent);
    assert.equal(site.connections, 1);
  });

  it('a stream arrives whole', async () => {
    const { agent, ask, site } = setting;
    for (let i = 0; i < 2; i++) {
      const body = Readable.from([BIG.subarray(0, 100_000), BIG.subarray(100_000)]);
      assert.deepEqual(JSON.parse(await ask('/digest', { method: 'POST', body })), sent);
      await idle(agent, 1);
    }
    assert.equal(site.connections, 1);
  });

  it('a large answer arrives whole', async () => {
    const { agent, agents, client, own, site } = setting;
    const { body } = await client.request(own, `${site.url}/big`, { agents, method: 'GET' });
    assert.equal(digest(body), digest(BIG));
    await idle(agent, 1);
  });

  it('a large answer arrives whole as a stream that is read slowly', async () => {
    const { agent, agents, client, own, site } = setting;
    const chunks = [];
    for await (const chunk of await client.stream(own, `${site.url}/big`, { agents })) {
      chunks.push(chunk);
      await new Promise(setImmediate);
    }
    assert.equal(digest(Buffer.concat(chunks)), digest(BIG));
    await idle(agent, 1);
    assert.equal(site.connections, 1);
  });

  if (setting.client.decompresses !== false) {
    it('a packed answer is unpacked', async () => {
      const { agent, ask } = setting;
      assert.equal(await ask('/gzip'), 'unpacked');
      await idle(agent, 1);
    });
  }

  it('a redirect is followed', async () => {
    const { ask, site } = setting;
    assert.match(await ask('/moved?code=302&to=/number'), /^[12]$/);
    assert.equal(site.requests, 2);
  });

  it('a redirect that keeps the method takes the body along', async () => {
    const { ask } = setting;
    const body = BIG.subarray(0, 100_000);
    const told = JSON.parse(await ask('/moved?code=307&to=/digest', { method: 'POST', body }));
    assert.deepEqual(told, { method: 'POST', length: body.length, digest: digest(body) });
  });

  if (setting.client.crosses !== false) {
    it("a redirect to the other scheme goes over that scheme's agent", async () => {
      const { agents, ask, scheme } = setting;
      const other = SCHEMES.find((one) => one !== scheme);
      const target = await clientSite(other);
      agents[other] = await clientAgent(other);
      for (let i = 0; i < 2; i++) {
        const to = encodeURIComponent(`${target.url}/number`);
        assert.equal(await ask(`/moved?code=302&to=${to}`), '1');
        await idle(agents[other], 1);
      }
      assert.equal(target.connections, 1);
    });
  }
}

function describeEnds(setting) {
  const { timedOut, aborted } = setting.client;

  if (timedOut) {
    it("the client's timeout closes the connection", async () => {
      const { agent, ask, site } = setting;
      await ask('/number');
      await idle(agent, 1);
      await assert.rejects(ask('/held', { timeout: TIMEOUT_MS }), timedOut);
      const { closed } = await site.next();
      await closed;
      await idle(agent, 0);
      assert.equal(await ask('/number'), '2');
    });
  }

  it('a request that is aborted closes its connection', async () => {
    const { agent, ask, site } = setting;
    const controller = new AbortController();
    const asked = assert.rejects(ask('/held', { signal: controller.signal }), aborted);
    const { closed } = await site.next();
    controller.abort();
    await asked;
    await closed;
    await idle(agent, 0);
    assert.equal(await ask('/number'), '2');
  });

  differs('it stays in agent.requests')('a queued request that is aborted leaves', async () => {
    const { agent, ask, site } = setting;
    agent.maxSockets = 1;
    const first = ask('/held');
    const { req, res } = await site.next();
    const controller = new AbortController();
    const second = assert.rejects(ask('/number', { signal: controller.signal }), aborted);
    await queued(agent, 1);
    const third = ask('/number');
    await queued(agent, 2);
    controller.abort();
    await second;
    await queued(agent, 1);
    res.end(String(req.socket.number));
    assert.deepEqual(await Promise.all([first, third]), ['1', '1']);
    assert.equal(site.requests, 2);
  });

  it('a refused connection is an error with its code', async () => {
    const { agent, scheme } = setting;
    await assert.rejects(ask(setting, await refusedUrl(scheme)), { code: 'ECONNREFUSED' });
    await idle(agent, 0);
  });

  it('a connection that the server resets is an error with its code', async () => {
    const { agent, ask } = setting;
    await assert.rejects(ask('/reset'), { code: 'ECONNRESET' });
    await idle(agent, 0);
    assert.equal(await ask('/number'), '2');
  });

  if (setting.scheme === 'https') {
    it('a server that nobody vouches for is an error with its code', async () => {
      const { site } = setting;
      const agent = await clientAgent('https', { keepAlive: true, ca: undefined });
      const asked = ask({ ...setting, agents: { https: agent } }, `${site.url}/number`);
      await assert.rejects(asked, { code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
      await idle(agent, 0);
      assert.equal(site.requests, 0);
    });
  }
}

function describeProcess(name, setting) {
  for (const [how, title] of [
    ['destroy', 'agent.destroy() lets the process end'],
    ['idle', 'idle connections let the process end'],
  ]) {
    it(title, async () => {
      const { site } = setting;
      const { root } = await pki();
      const ended = await run('client-process.js', [name, how, `${site.url}/number`, root.pem]);
      assert.deepEqual(result(ended), ['1', '1', '1']);
      assert.equal(site.connections, 1);
    });
  }
}

module.exports = { describeClient };
