'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const os = require('node:os');
const { agentWith, answer, dispose, failure, get, request, total } = require('./support/agent');
const { closeServers, refusedPort, serve, serveHeld, serveRaw } = require('./support/server');

/** What net.connect itself says. */
function native(options) {
  return new Promise((resolve) => net.connect(options).on('error', resolve));
}

const fields = ['name', 'message', 'code', 'errno', 'syscall', 'address', 'port'];

describe('Agent errors', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('a refused connection has every field of ECONNREFUSED', async () => {
    const port = await refusedPort();
    const agent = agentWith();
    const error = await failure(get({ port, agent }));
    assert.ok(error instanceof Error);
    assert.equal(error.message, `connect ECONNREFUSED 127.0.0.1:${port}`);
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.errno, -os.constants.errno.ECONNREFUSED);
    assert.equal(error.syscall, 'connect');
    assert.equal(error.address, '127.0.0.1');
    assert.equal(error.port, port);
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(total(agent.sockets), 0);
  });

  for (const [what, options] of [
    ['refused', async () => ({ host: '127.0.0.1', port: await refusedPort() })],
    ['with a local address that is not ours', async () => ({ port: 9, localAddress: '192.0.2.1' })],
    ['to a Unix socket that is not there', async () => ({ socketPath: '/nowhere/x.sock' })],
    ['to the broadcast address', async () => ({ host: '255.255.255.255', port: 9 })],
  ]) {
    it(`a connection ${what} fails as with net.connect`, async () => {
      const given = { host: '127.0.0.1', ...(await options()) };
      const expected = await native(given.socketPath ? { path: given.socketPath } : given);
      const agent = agentWith();
      const error = await failure(get({ ...given, agent }));
      for (const field of fields) assert.equal(error[field], expected[field], field);
      assert.equal(agent.totalSocketCount, 0);
    });
  }

  it('every address refused gives what net.connect gives', async () => {
    const port = await refusedPort();
    const lookup = (_name, _options, callback) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]);
    const options = { host: 'two.example', port, lookup, autoSelectFamily: true };
    const expected = await native(options);
    const error = await failure(get({ ...options, agent: agentWith() }));
    assert.ok(error instanceof AggregateError);
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.message, expected.message);
    assert.deepEqual(
      error.errors.map((each) => each.message),
      expected.errors.map((each) => each.message),
    );
    for (const each of error.errors) assert.equal(each.code, 'ECONNREFUSED');
  });

  it('a reset gives ECONNRESET', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const failed = failure(get({ port: site.port, agent }));
    (await site.next()).req.socket.resetAndDestroy();
    const error = await failed;
    assert.equal(error.message, 'read ECONNRESET');
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(error.errno, -os.constants.errno.ECONNRESET);
    assert.equal(error.syscall, 'read');
    assert.equal(agent.totalSocketCount, 0);
  });

  it('a connection closed without an answer is a socket hang up', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const failed = failure(get({ port: site.port, agent }));
    (await site.next()).req.socket.end();
    const error = await failed;
    assert.equal(error.message, 'socket hang up');
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(site.connections, 1);
  });

  it('a connection closed at once is a socket hang up', async () => {
    const site = await serveRaw((socket) => {
      socket.resume();
      socket.end();
    });
    const error = await failure(get({ port: site.port, agent: agentWith({ keepAlive: true }) }));
    assert.equal(error.code, 'ECONNRESET');
  });

  it('a connection closed in mid-body aborts the response', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    const ended = new Promise((resolve) => {
      req.on('response', (res) => {
        res.on('error', resolve);
        res.once('data', () => exchange.req.socket.destroy());
      });
    });
    const exchange = await site.next();
    exchange.res.write('half');
    const error = await ended;
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(error.message, 'aborted');
    assert.equal(agent.totalSocketCount, 0);
  });

  it('an answer that is not HTTP is a parse error', async () => {
    const site = await serveRaw((socket) => socket.once('data', () => socket.end('what?\r\n\r\n')));
    const agent = agentWith({ keepAlive: true });
    const error = await failure(get({ port: site.port, agent }));
    assert.match(error.code, /^HPE_/);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('a POST that is reset is not sent again', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true });
    const ready = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    await ready;
    const req = request({ port: site.port, method: 'POST', agent });
    const failed = failure(req);
    req.end('once');
    assert.equal(req.reusedSocket, true);
    (await site.next()).req.socket.destroy();
    assert.equal((await failed).code, 'ECONNRESET');
    assert.equal(site.requests, 2);
    assert.equal(site.connections, 1);
  });

  it('each waiting request has its own turn after a refused connection', async () => {
    const port = await refusedPort();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const failed = [1, 2, 3, 4].map(() => failure(get({ port, agent })));
    assert.equal(total(agent.requests), 3);
    for (const error of await Promise.all(failed)) assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(agent.totalSocketCount, 0);
    assert.deepEqual(Object.keys(agent.requests), []);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('a listener of error may ask again through the same agent', async () => {
    const port = await refusedPort();
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
    const again = await new Promise((resolve, reject) => {
      const req = get({ port, agent });
      req.on('error', () => answer(get({ port: site.port, agent })).then(resolve, reject));
    });
    assert.equal(again.body, '1');
    assert.equal(site.connections, 1);
  });

  it('one failed request of many harms no other', async () => {
    const site = await serve((req, res) => {
      if (req.url === '/reset') req.socket.resetAndDestroy();
      else res.end(req.url);
    });
    const agent = agentWith({ keepAlive: true, maxSockets: 4 });
    const reqs = Array.from({ length: 40 }, (_, i) =>
      // A POST is never sent again, whatever connection it is on.
      i % 10 === 3 ? ['/reset', 'POST'] : [`/${i}`, 'GET'],
    ).map(([path, method]) => {
      const req = request({ port: site.port, path, method, agent });
      const done = path === '/reset' ? failure(req) : answer(req);
      req.end();
      return done.then((result) => [path, result]);
    });
    for (const [path, result] of await Promise.all(reqs)) {
      if (path === '/reset') assert.equal(result.code, 'ECONNRESET');
      else assert.equal(result.body, path);
    }
    assert.equal(agent.totalSocketCount, total(agent.freeSockets));
    assert.equal(site.requests, 40);
  });
});
