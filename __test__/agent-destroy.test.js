'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentWith, answer, closed, dispose, failure, get, total } = require('./support/agent');
const { result, run } = require('./support/child');
const { closeServers, serve, serveHeld } = require('./support/server');

describe('Agent destroy', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('closes parked connections', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const reqs = [1, 2, 3].map(() => get({ port: site.port, agent }));
    const sockets = (await Promise.all(reqs.map(answer))).map(({ socket }) => socket);
    assert.equal(total(agent.freeSockets), 3);
    const peers = [...site.sockets].map((peer) => once(peer, 'close'));
    agent.destroy();
    assert.ok(sockets.every((socket) => socket.destroyed));
    await Promise.all([...sockets.map((socket) => closed(socket)), ...peers]);
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('closes active connections: their requests hang up', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const failed = [1, 2].map(() => failure(get({ port: site.port, agent })));
    await site.next();
    await site.next();
    agent.destroy();
    for (const error of await Promise.all(failed)) {
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(error.message, 'socket hang up');
    }
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(Object.keys(agent.sockets), []);
    assert.equal(site.connections, 2);
  });

  it('closes connections that are still connecting', async () => {
    const agent = agentWith({ lookup() {} });
    const failed = failure(get({ host: 'silent.example', port: 80, agent }));
    agent.destroy();
    assert.equal((await failed).code, 'ECONNRESET');
    assert.equal(agent.totalSocketCount, 0);
  });

  it('lets queued requests go on over new connections', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const failed = failure(get({ port: site.port, agent }));
    const queued = answer(get({ port: site.port, agent }));
    await site.next();
    agent.destroy();
    assert.equal((await failed).code, 'ECONNRESET');
    (await site.next()).res.end('after');
    assert.equal((await queued).body, 'after');
    assert.equal(site.connections, 2);
  });

  it('leaves an agent that can be used again', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, agent }));
    agent.destroy();
    assert.equal((await answer(get({ port: site.port, agent }))).body, '2');
    assert.equal(site.connections, 2);
  });

  it('of an agent with nothing to close does nothing, twice', () => {
    const agent = agentWith();
    assert.equal(agent.destroy(), undefined);
    assert.equal(agent.destroy(), undefined);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('leaves other agents alone', async () => {
    const site = await serve();
    const one = agentWith({ keepAlive: true });
    const two = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, agent: one }));
    await answer(get({ port: site.port, agent: two }));
    one.destroy();
    await answer(get({ port: site.port, agent: two }));
    assert.equal(site.connections, 2);
  });

  it('in a response listener ends the response', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    const { res } = await site.next();
    res.write('half');
    const [received] = await once(req, 'response');
    const ended = once(received, 'error');
    agent.destroy();
    const [error] = await ended;
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(agent.totalSocketCount, 0);
  });

  it('leaves an agent to be collected, however long its connections might have rested', async () => {
    const site = await serve((_req, res) => res.setHeader('keep-alive', 'timeout=600').end('ok'));
    const ended = await run('collected.js', [site.port], { execArgv: ['--expose-gc'] });
    assert.deepEqual(result(ended), { parked: 1, collected: true });
  });
});
