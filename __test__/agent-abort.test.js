'use strict';

// Requests that are given up: while queued, while connecting, in mid-body, when done.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentWith,
  answer,
  closed,
  differs,
  dispose,
  failure,
  get,
  request,
  total,
} = require('./support/agent');
const { closeServers, serve, serveHeld } = require('./support/server');

const queuedStays = differs('a queued request that is given up stays until its turn');

const endings = [
  [
    'destroy()',
    (req) => req.destroy(),
    (error) => {
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(error.message, 'socket hang up');
    },
  ],
  [
    'destroy(error)',
    (req) => req.destroy(new RangeError('mine')),
    (error) => {
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, 'mine');
    },
  ],
  [
    'its signal',
    (_req, controller) => controller.abort(),
    (error) => {
      assert.equal(error.name, 'AbortError');
      assert.equal(error.code, 'ABORT_ERR');
    },
  ],
];

describe('Agent and requests given up', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const [way, end, check] of endings) {
    queuedStays(`a queued request ended by ${way} leaves by itself, the others go on`, async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      const first = answer(get({ port: site.port, path: '/1', agent }));
      const doomed = get({ port: site.port, path: '/2', signal, agent });
      const kept = get({ port: site.port, path: '/3', agent });
      const third = answer(kept);
      const failed = failure(doomed);
      let sockets = 0;
      doomed.on('socket', () => sockets++);
      end(doomed, controller);
      // As with Node's agent, within the same tick.
      assert.deepEqual(Object.values(agent.requests), [[doomed, kept]]);
      // It is over while the only connection is still busy with the first request.
      check(await failed);
      assert.deepEqual(Object.values(agent.requests), [[kept]]);
      assert.ok(doomed.destroyed);
      assert.equal(sockets, 0);
      (await site.next()).res.end();
      await first;
      const { req, res } = await site.next();
      assert.equal(req.url, '/3');
      res.end();
      await third;
      assert.equal(site.requests, 2);
      assert.equal(site.connections, 1);
      assert.deepEqual(Object.keys(agent.requests), []);
    });

    it(`a connecting request ended by ${way} leaves, the others go on`, async () => {
      const site = await serve();
      let lookups = 0;
      const agent = agentWith({
        keepAlive: true,
        maxSockets: 1,
        lookup(_name, options, callback) {
          if (++lookups === 1) return;
          if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
          else callback(null, '127.0.0.1', 4);
        },
      });
      const controller = new AbortController();
      const { signal } = controller;
      const doomed = get({ host: 'a.example', port: site.port, signal, agent });
      const failed = failure(doomed);
      const next = answer(get({ host: 'a.example', port: site.port, agent }));
      await once(doomed, 'socket');
      end(doomed, controller);
      check(await failed);
      await next;
      assert.equal(site.requests, 1);
      assert.equal(agent.totalSocketCount, 1);
      assert.equal(total(agent.freeSockets), 1);
    });

    it(`a request ended by ${way} before it has a socket leaves`, async () => {
      const site = await serve();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      const doomed = get({ port: site.port, path: '/doomed', signal, agent });
      const failed = failure(doomed);
      end(doomed, controller);
      check(await failed);
      await answer(get({ port: site.port, agent }));
      assert.equal(agent.totalSocketCount, 1);
      assert.equal(site.requests, 1);
    });

    it(`an active request ended by ${way} before its answer leaves`, async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      const doomed = get({ port: site.port, signal, agent });
      const failed = failure(doomed);
      const next = answer(get({ port: site.port, agent }));
      const { req } = await site.next();
      const gone = once(req.socket, 'close');
      end(doomed, controller);
      check(await failed);
      await gone;
      (await site.next()).res.end();
      await next;
      assert.equal(site.connections, 2);
      assert.equal(agent.totalSocketCount, 1);
      assert.equal(total(agent.freeSockets), 1);
    });
  }

  queuedStays('a queued request ended by abort() closes without an error', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const doomed = get({ port: site.port, agent });
    const events = [];
    for (const name of ['abort', 'error', 'close', 'socket']) {
      doomed.on(name, () => events.push(name));
    }
    doomed.abort();
    await new Promise((resolve) => doomed.on('close', resolve));
    assert.equal(total(agent.requests), 0);
    assert.deepEqual(events, ['abort', 'close']);
    (await site.next()).res.end();
    await first;
    assert.equal(site.requests, 1);
  });

  it('a queued request destroyed in the tick in which its turn comes ends once', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const busy = get({ port: site.port, agent });
    const doomed = get({ port: site.port, path: '/doomed', agent });
    const failed = failure(doomed);
    const kept = answer(get({ port: site.port, agent }));
    const first = await site.next();
    doomed.destroy();
    busy.on('error', () => {});
    busy.socket.emit('agentRemove');
    assert.equal((await failed).code, 'ECONNRESET');
    (await site.next()).res.end();
    await kept;
    first.res.end();
    assert.equal(site.requests, 2);
    assert.deepEqual(Object.keys(agent.requests), []);
  });

  queuedStays('a queued request destroyed twice ends once', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const doomed = get({ port: site.port, agent });
    const events = [];
    for (const name of ['error', 'close']) doomed.on(name, () => events.push(name));
    doomed.destroy(new Error('one'));
    doomed.destroy(new Error('two'));
    await new Promise((resolve) => doomed.on('close', resolve));
    (await site.next()).res.end();
    await first;
    await answerNext(agent, site);
    assert.deepEqual(events, ['error', 'close']);
    assert.equal(total(agent.requests), 0);
  });

  queuedStays('every queued request may be destroyed', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const doomed = Array.from({ length: 100 }, () => get({ port: site.port, agent }));
    const failed = doomed.map(failure);
    for (const req of doomed) req.destroy();
    await Promise.all(failed);
    assert.deepEqual(Object.keys(agent.requests), []);
    (await site.next()).res.end();
    await first;
    assert.equal(total(agent.freeSockets), 1);
    assert.equal(site.requests, 1);
  });

  it('a signal aborted before leaves nothing behind', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const signal = AbortSignal.abort();
    const error = await failure(get({ port: site.port, signal, agent }));
    assert.equal(error.name, 'AbortError');
    await answer(get({ port: site.port, agent }));
    assert.equal(site.requests, 1);
    assert.equal(agent.totalSocketCount, 1);
  });

  for (const what of ['request', 'response']) {
    it(`a ${what} destroyed in mid-body closes its connection, the next goes on`, async () => {
      const site = await serveHeld();
      const agent = agentWith({ keepAlive: true, maxSockets: 1 });
      const doomed = get({ port: site.port, agent });
      const next = answer(get({ port: site.port, agent }));
      const { res } = await site.next();
      res.write('half');
      const [received] = await once(doomed, 'response');
      received.on('error', () => {});
      doomed.on('error', () => {});
      await once(received, 'data');
      const gone = once(res, 'close');
      (what === 'request' ? doomed : received).destroy();
      await Promise.all([gone, new Promise((resolve) => doomed.on('close', resolve))]);
      (await site.next()).res.end();
      await next;
      assert.equal(site.connections, 2);
      assert.equal(agent.totalSocketCount, 1);
      assert.equal(total(agent.freeSockets), 1);
    });
  }

  it('a request destroyed while its body is sent closes its connection', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const doomed = request({ port: site.port, method: 'POST', agent });
    const failed = failure(doomed);
    doomed.write('half');
    const { req } = await site.next();
    req.on('error', () => {});
    await once(req, 'data');
    doomed.destroy();
    assert.equal((await failed).code, 'ECONNRESET');
    assert.equal(agent.totalSocketCount, 0);
    const next = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    await next;
    assert.equal(site.connections, 2);
  });

  it('a request destroyed when it is done leaves the parked connection alone', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent });
    const { res, socket } = await answer(req);
    req.destroy();
    res.destroy();
    assert.ok(!socket.destroyed);
    assert.equal((await answer(get({ port: site.port, agent }))).socket, socket);
    assert.equal(site.connections, 1);
  });

  it('a request destroyed when it is done leaves the next one alone', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const old = get({ port: site.port, agent });
    const first = answer(old);
    const second = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    await first;
    const { res } = await site.next();
    old.destroy();
    res.end('fine');
    assert.equal((await second).body, 'fine');
    assert.equal(site.connections, 1);
  });

  it("a socket destroyed at the end of an answer is not the next request's", async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = get({ port: site.port, agent });
    first.on('response', (res) => {
      res.resume();
      res.on('end', () => first.socket.destroy());
    });
    const second = await answer(get({ port: site.port, agent }));
    assert.equal(second.body, '2');
    assert.equal(site.connections, 2);
  });

  it('a parked socket destroyed by the program leaves', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    socket.destroy();
    const req = get({ port: site.port, agent });
    assert.equal(req.reusedSocket, false);
    await answer(req);
    await closed(socket);
    assert.equal(agent.totalSocketCount, 1);
    assert.equal(site.connections, 2);
  });
});

async function answerNext(agent, site) {
  const answered = answer(get({ port: site.port, agent }));
  (await site.next()).res.end();
  await answered;
}
