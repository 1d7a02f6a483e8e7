'use strict';

// What async_hooks shows of a socket: resources of the types that Node's sockets have, each begun
// and ended once.

const assert = require('node:assert/strict');
const { createHook, executionAsyncId } = require('node:async_hooks');
const { once } = require('node:events');
const net = require('node:net');
const path = require('node:path');
const fs = require('node:fs');
const os = require('node:os');
const { agentWith, answer, closed, differs, dispose, failure, get } = require('./support/agent');
const { pki } = require('./support/certificates');
const { answer: answerSecure, getSecure, httpsAgentWith } = require('./support/https-agent');
const { closeServers, refusedPort, serve, serveHeld } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const kAsyncId = Object.getOwnPropertySymbols(new net.Socket()).find(
  ({ description }) => description === 'async_id_symbol',
);

describe("a socket's async resources", () => {
  let resources;
  const hook = createHook({
    init(id, type, trigger, resource) {
      resources.set(id, { id, type, trigger, resource, ends: 0 });
    },
    destroy(id) {
      const found = resources.get(id);
      if (found) found.ends++;
    },
  });
  beforeEach(() => {
    resources = new Map();
    hook.enable();
  });
  afterEach(() => hook.disable());
  afterEach(dispose);
  afterEach(closeServers);

  const ofSocket = (socket) => resources.get(socket[kAsyncId]);
  const triggeredBy = ({ id }, type) =>
    [...resources.values()].filter((one) => one.trigger === id && one.type === type);
  // Node collects what has ended, and tells of it later.
  const ended = async ({ id }) => {
    while (resources.get(id).ends === 0) await new Promise(setImmediate);
    assert.equal(resources.get(id).ends, 1);
  };

  it('are TCPWRAP and TCPCONNECTWRAP over TCP', async () => {
    const site = await serve();
    const req = get({ port: site.port, agent: agentWith() });
    const [socket] = await once(req, 'socket');
    const own = ofSocket(socket);
    assert.equal(own.type, 'TCPWRAP');
    await answer(req);
    const attempts = triggeredBy(own, 'TCPCONNECTWRAP');
    assert.equal(attempts.length, 1);
    await closed(socket);
    await ended(own);
    await ended(attempts[0]);
  });

  it("'connect' is emitted in that of the attempt", async () => {
    const site = await serve();
    const req = get({ port: site.port, agent: agentWith() });
    const [socket] = await once(req, 'socket');
    let id;
    socket.on('connect', () => {
      id = executionAsyncId();
    });
    await answer(req);
    assert.equal(resources.get(id)?.type, 'TCPCONNECTWRAP');
  });

  for (const [name, host, connects] of [
    ['of a name', 'localhost', true],
    ['of a name that is none', 'nowhere.invalid', false],
  ]) {
    it(`have a GETADDRINFOREQWRAP for the lookup ${name}, in which it is told`, async () => {
      const site = await serve();
      const req = get({ host, port: site.port, agent: agentWith({ family: 4 }) });
      const done = connects ? answer(req) : failure(req);
      const [socket] = await once(req, 'socket');
      const own = ofSocket(socket);
      const lookups = triggeredBy(own, 'GETADDRINFOREQWRAP');
      assert.equal(lookups.length, 1);
      let id;
      socket.on('lookup', () => {
        id = executionAsyncId();
      });
      await done;
      assert.equal(id, lookups[0].id);
      assert.equal(triggeredBy(own, 'TCPCONNECTWRAP').length, connects ? 1 : 0);
      await ended(lookups[0]);
    });
  }

  it('have no lookup where the host is an address', async () => {
    const site = await serve();
    const req = get({ port: site.port, agent: agentWith() });
    await answer(req);
    const types = [...resources.values()].map(({ type }) => type);
    assert.equal(types.includes('GETADDRINFOREQWRAP'), false);
  });

  it('say whether they keep the process alive', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    const [socket] = await once(req, 'socket');
    const { resource } = ofSocket(socket);
    assert.equal(resource.hasRef(), true);
    socket.unref();
    assert.equal(resource.hasRef(), false);
    socket.ref();
    assert.equal(resource.hasRef(), true);
    await answer(req);
    assert.equal(resource.hasRef(), false);
  });

  it('end where nobody answers', async () => {
    const req = get({ port: await refusedPort(), agent: agentWith() });
    const failed = failure(req);
    const [socket] = await once(req, 'socket');
    const own = ofSocket(socket);
    await failed;
    const attempts = triggeredBy(own, 'TCPCONNECTWRAP');
    assert.equal(attempts.length, 1);
    await ended(own);
    await ended(attempts[0]);
  });

  it('are PIPEWRAP and PIPECONNECTWRAP over a Unix domain socket', async function () {
    if (process.platform === 'win32') this.skip(); // It has named pipes in their place.
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
    const socketPath = path.join(folder, 'socket');
    try {
      await serve(undefined, socketPath);
      const req = get({ socketPath, agent: agentWith() });
      const [socket] = await once(req, 'socket');
      const own = ofSocket(socket);
      assert.equal(own.type, 'PIPEWRAP');
      assert.equal(triggeredBy(own, 'PIPECONNECTWRAP').length, 1);
      await answer(req);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('are TLSWRAP over TLS', async () => {
    const { root } = await pki();
    const site = await serveTls();
    const agent = httpsAgentWith({ ca: root.pem });
    const req = getSecure({ port: site.port, agent });
    const [socket] = await once(req, 'socket');
    assert.equal(ofSocket(socket).type, 'TLSWRAP');
    await answerSecure(req);
  });

  differs('when garbage is collected')(
    'of a queued request end as it is served, destroyed or taken out',
    async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const ask = () => get({ port: site.port, agent });
      const first = answer(ask());
      const served = answer(ask());
      const doomed = ask();
      const gone = failure(doomed);
      ask();
      const queued = [...resources.values()].filter(({ type }) => type === 'QueuedRequest');
      assert.equal(queued.length, 3);
      Object.values(agent.requests)[0].pop();
      doomed.destroy();
      await gone;
      await ended(queued[2]);
      await ended(queued[1]);
      assert.equal(queued[0].ends, 0);
      for (const one of [first, served]) {
        (await site.next()).res.end();
        await one;
      }
      await ended(queued[0]);
    },
  );

  it('are one for each request, and the later ones name the first', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const owns = [];
    for (let i = 0; i < 3; i++) {
      const req = get({ port: site.port, agent });
      req.on('response', ({ socket }) => owns.push(ofSocket(socket)));
      await answer(req);
    }
    assert.equal(site.connections, 1);
    const [first, second, third] = owns;
    for (const { type, resource } of [second, third]) {
      assert.equal(type, first.type);
      assert.notEqual(resource, first.resource);
      assert.equal(resource.handle, first.resource);
    }
    await ended(first);
    await ended(second);
    assert.equal(third.ends, 0);
    agent.destroy();
    await ended(third);
  });
});
