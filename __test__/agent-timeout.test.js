'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentWith, answer, closed, dispose, failure, get, total } = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

describe('Agent timeout', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('is the timeout of a socket in use', async () => {
    const site = await serveHeld();
    const agent = agentWith({ timeout: 45_000 });
    const req = get({ port: site.port, agent });
    const [socket] = await once(req, 'socket');
    assert.equal(socket.timeout, 45_000);
    const answered = answer(req);
    (await site.next()).res.end();
    await answered;
  });

  it('tells an active request and leaves it alone', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, timeout: 30 });
    const req = get({ port: site.port, agent });
    const answered = answer(req);
    await once(req, 'timeout');
    assert.ok(!req.destroyed);
    assert.equal(agent.totalSocketCount, 1);
    (await site.next()).res.end('late');
    assert.equal((await answered).body, 'late');
    assert.equal(site.connections, 1);
  });

  it('closes a parked connection', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, timeout: 30 });
    const { socket } = await answer(get({ port: site.port, agent }));
    assert.equal(total(agent.freeSockets), 1);
    await closed(socket);
    assert.equal(total(agent.freeSockets), 0);
    assert.equal(agent.totalSocketCount, 0);
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 2);
  });

  it('of a request wins while it is active', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, timeout: 60_000 });
    for (let i = 0; i < 2; i++) {
      const req = get({ port: site.port, timeout: 33_000, agent });
      const [socket] = await once(req, 'socket');
      const answered = answer(req);
      const { res } = await site.next();
      assert.equal(socket.timeout, 33_000);
      res.end();
      await answered;
      assert.equal(socket.timeout, 60_000);
    }
    assert.equal(site.connections, 1);
  });

  it('of a request is not left to the next one', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const timeouts = [];
    for (const timeout of [33_000, undefined]) {
      const answered = answer(get({ port: site.port, timeout, agent }));
      const { res } = await site.next();
      timeouts.push(Object.values(agent.sockets)[0][0].timeout || 0);
      res.end();
      await answered;
    }
    assert.deepEqual(timeouts, [33_000, 0]);
    assert.equal(site.connections, 1);
  });

  it('of a request fires, and destroy() then frees the place', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const req = get({ port: site.port, timeout: 30, agent });
    req.on('timeout', () => req.destroy());
    const failed = failure(req);
    const next = answer(get({ port: site.port, path: '/next', agent }));
    const error = await failed;
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(error.message, 'socket hang up');
    // On a busy machine the first request may not have come so far.
    let held = await site.next();
    if (held.req.url !== '/next') held = await site.next();
    held.res.end();
    assert.notEqual((await next).socket, req.socket);
  });

  it('fires while connecting, and destroy() then frees the place', async () => {
    const agent = agentWith({ lookup() {} });
    const req = get({ host: 'silent.example', port: 80, timeout: 30, agent });
    req.on('timeout', () => req.destroy());
    assert.equal((await failure(req)).code, 'ECONNRESET');
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(total(agent.sockets), 0);
  });

  it('setTimeout of a request acts once', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    let fired = 0;
    const timeout = new Promise((resolve) => {
      req.setTimeout(30, () => {
        fired++;
        resolve();
      });
    });
    const answered = answer(req);
    await timeout;
    (await site.next()).res.end();
    await answered;
    assert.equal(fired, 1);
    const again = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    await again;
    assert.equal(fired, 1);
    assert.equal(site.connections, 1);
  });

  it('leaves no listeners on a connection that is used again', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, timeout: 50_000 });
    const { socket } = await answer(get({ port: site.port, agent }));
    const before = socket.listenerCount('timeout');
    for (let i = 0; i < 12; i++) await answer(get({ port: site.port, timeout: 40_000, agent }));
    assert.equal(socket.listenerCount('timeout'), before);
    assert.equal(site.connections, 1);
  });
});
