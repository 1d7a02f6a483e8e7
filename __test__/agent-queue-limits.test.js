'use strict';

// How many requests may wait for a socket, and how long: maxQueue and queueTimeout.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { pki } = require('./support/certificates');
const {
  agentWith,
  answer,
  counts,
  differs,
  dispose,
  failure,
  get,
  getSecure,
  httpsAgentWith,
  request,
  total,
} = require('./support/https-agent');
const { closeServers, refusedPort, serve, serveHeld } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const own = differs('it has no such option');

describe('maxQueue', () => {
  afterEach(dispose);
  afterEach(closeServers);

  own('lets as many wait and fails the next', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, maxQueue: 2 });
    const ask = () => get({ port: site.port, agent });
    const answers = [1, 2, 3].map(() => answer(ask()));
    const refused = ask();
    assert.equal(total(agent.requests), 2);
    const error = await failure(refused);
    assert.equal(error.code, 'OXAGENT_QUEUE_FULL');
    assert.equal(error.name, 'Error');
    assert.match(error.message, /maxQueue \(2\)/);
    assert.ok(error.message.includes(`127.0.0.1:${site.port}`));
    assert.ok(refused.destroyed);
    assert.equal(total(agent.requests), 2);
    for (const _ of answers) (await site.next()).res.end();
    await Promise.all(answers);
    assert.equal(site.requests, 3);
  });

  own("emits 'error', then 'close', once each and not at once", async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, maxQueue: 0 });
    const held = answer(get({ port: site.port, agent }));
    const refused = request({ port: site.port, method: 'POST', agent });
    const events = [];
    for (const name of ['error', 'close', 'socket', 'response', 'timeout']) {
      refused.on(name, () => events.push(name));
    }
    refused.end('body');
    assert.deepEqual(events, []);
    await new Promise((resolve) => refused.on('close', resolve));
    assert.deepEqual(events, ['error', 'close']);
    (await site.next()).res.end();
    await held;
    assert.deepEqual(events, ['error', 'close']);
  });

  own('counts the waiters of all origins', async () => {
    const sites = [await serveHeld(), await serveHeld()];
    const agent = agentWith({ maxSockets: 1, maxQueue: 1 });
    const ask = (site) => get({ port: site.port, agent });
    const answers = sites.map((site) => answer(ask(site)));
    answers.push(answer(ask(sites[0])));
    assert.equal((await failure(ask(sites[1]))).code, 'OXAGENT_QUEUE_FULL');
    for (const site of [sites[0], sites[1], sites[0]]) (await site.next()).res.end();
    await Promise.all(answers);
  });

  own('has room again when one is served, destroyed or fails', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, maxQueue: 1 });
    const ask = () => get({ port: site.port, agent });
    const first = answer(ask());
    const doomed = ask();
    assert.equal((await failure(ask())).code, 'OXAGENT_QUEUE_FULL');
    const gone = failure(doomed);
    doomed.destroy();
    await gone;
    const second = answer(ask());
    assert.equal(total(agent.requests), 1);
    (await site.next()).res.end();
    await first;
    const third = answer(ask());
    for (const _ of [second, third]) (await site.next()).res.end();
    await Promise.all([second, third]);
    assert.equal(site.requests, 3);
  });

  own('has room at once for as many as are destroyed in the same tick', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, maxQueue: 3 });
    const ask = (path) => get({ port: site.port, path, agent });
    const answers = ['/1', '/2'].map((path) => answer(ask(path)));
    const doomed = [ask('/doomed'), ask('/doomed')];
    const context = new AsyncLocalStorage();
    const ends = [];
    const gone = doomed.map((req) => {
      req.on('close', () => ends.push(`close, ${context.getStore()}`));
      return failure(req);
    });
    for (const req of doomed) context.run('destroy', () => req.destroy());
    answers.push(answer(context.run('next', ask, '/3')), answer(ask('/4')));
    assert.deepEqual(ends, []);
    assert.equal(total(agent.requests), 3);
    assert.equal((await failure(ask('/5'))).code, 'OXAGENT_QUEUE_FULL');
    for (const error of await Promise.all(gone)) assert.equal(error.code, 'ECONNRESET');
    for (const path of ['/1', '/2', '/3', '/4']) {
      const { req, res } = await site.next();
      assert.equal(req.url, path);
      res.end();
    }
    await Promise.all(answers);
    assert.deepEqual(ends, ['close, destroy', 'close, destroy']);
    assert.equal(total(agent.requests), 0);
  });

  own('refuses nobody for whom there is a socket', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, maxQueue: 0 });
    for (let i = 0; i < 5; i++) await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  own('lets one wait for each socket that is closing', async () => {
    const site = await serve();
    const agent = agentWith({
      keepAlive: true,
      maxSockets: 1,
      maxQueue: 0,
      maxRequestsPerSocket: 1,
    });
    for (let i = 1; i <= 3; i++) {
      await answer(get({ port: site.port, agent }));
      assert.equal(site.connections, i);
    }
  });

  own('leaves nothing behind of an origin whose only request it refuses', async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxTotalSockets: 1, maxQueue: 0 });
    const held = answer(get({ port: site.port, agent }));
    const error = await failure(get({ host: 'other.example', port: 81, agent }));
    assert.ok(error.message.includes('other.example:81'));
    assert.deepEqual(counts(agent.requests), {});
    assert.deepEqual(Object.keys(agent.sockets), [`127.0.0.1:${site.port}:`]);
    (await site.next()).res.end();
    await held;
    assert.equal(agent.totalSocketCount, 0);
  });

  own('a request that was aborted before ends with its own error', async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, maxQueue: 0 });
    const held = answer(get({ port: site.port, agent }));
    const error = await failure(get({ port: site.port, agent, signal: AbortSignal.abort() }));
    assert.equal(error.name, 'AbortError');
    (await site.next()).res.end();
    await held;
  });

  own('tells no secret of the origin, over HTTPS', async () => {
    const { root, client } = await pki();
    const site = await serveTls({}, (req, res) => site.hold({ req, res }));
    const options = { ca: root.pem, key: client.key, cert: client.chain, passphrase: 'secret' };
    const agent = httpsAgentWith({ maxSockets: 1, maxQueue: 0, ...options });
    const held = answer(getSecure({ port: site.port, agent }));
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.equal(error.code, 'OXAGENT_QUEUE_FULL');
    assert.ok(error.message.includes(`127.0.0.1:${site.port},`));
    assert.ok(!/secret|PRIVATE|CERTIFICATE/.test(`${error.stack}${JSON.stringify(error)}`));
    (await site.next()).res.end();
    await held;
  });
});

describe('queueTimeout', () => {
  afterEach(dispose);
  afterEach(closeServers);

  own('fails who has waited for too long, and the socket serves the next', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, queueTimeout: 30 });
    const held = answer(get({ port: site.port, agent }));
    const late = [1, 2, 3].map(() => failure(get({ port: site.port, agent })));
    for (const error of await Promise.all(late)) {
      assert.equal(error.code, 'OXAGENT_QUEUE_TIMEOUT');
      assert.match(error.message, /queueTimeout \(30 ms\)/);
      assert.ok(error.message.includes(`127.0.0.1:${site.port}`));
    }
    assert.equal(total(agent.requests), 0);
    assert.equal(total(agent.sockets), 1);
    (await site.next()).res.end();
    await held;
    const next = answer(get({ port: site.port, agent }));
    (await site.next()).res.end();
    await next;
    assert.equal(site.requests, 2);
    assert.equal(site.connections, 1);
  });

  own("emits 'error', then 'close', once each, and is not counted any more", async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, queueTimeout: 20 });
    const held = answer(get({ port: site.port, agent }));
    const late = get({ port: site.port, agent });
    const events = [];
    late.on('error', () => events.push(`error, ${total(agent.requests)} wait`));
    late.on('close', () => events.push('close'));
    await new Promise((resolve) => late.on('close', resolve));
    assert.deepEqual(events, ['error, 0 wait', 'close']);
    assert.ok(!Object.keys(late).includes('destroy'));
    late.destroy();
    (await site.next()).res.end();
    await held;
    assert.deepEqual(events, ['error, 0 wait', 'close']);
  });

  own('says nothing to those that were served in time', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxSockets: 1, queueTimeout: 5_000 });
    const asked = Array.from({ length: 50 }, () => answer(get({ port: site.port, agent })));
    await Promise.all(asked);
    assert.equal(site.connections, 1);
  });

  own('does not end a request that has its socket', async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, queueTimeout: 20 });
    const held = answer(get({ port: site.port, agent }));
    await failure(get({ port: site.port, agent }));
    await failure(get({ port: site.port, agent }));
    (await site.next()).res.end('late');
    assert.equal((await held).body, 'late');
  });

  own('runs for each request from its own arrival', async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, queueTimeout: 60 });
    const held = answer(get({ port: site.port, agent }));
    const order = [];
    const ask = (name) => failure(get({ port: site.port, agent })).then(() => order.push(name));
    const first = ask('first');
    const spare = agentWith({ maxSockets: 1, queueTimeout: 25 });
    const stuck = answer(get({ port: site.port, agent: spare }));
    await failure(get({ port: site.port, agent: spare }));
    const second = ask('second');
    await first;
    assert.equal(total(agent.requests), 1);
    await second;
    assert.deepEqual(order, ['first', 'second']);
    for (const _ of [held, stuck]) (await site.next()).res.end();
    await Promise.all([held, stuck]);
  });

  own('its error is told in the context of the request', async () => {
    const site = await serveHeld();
    const agent = agentWith({ maxSockets: 1, queueTimeout: 20 });
    const held = answer(get({ port: site.port, agent }));
    const store = new AsyncLocalStorage();
    const seen = [];
    const late = ['a', 'b'].map((name) =>
      store.run(name, () => {
        const req = get({ port: site.port, agent });
        req.on('error', () => seen.push(store.getStore()));
        return failure(req);
      }),
    );
    await Promise.all(late);
    assert.deepEqual(seen, ['a', 'b']);
    (await site.next()).res.end();
    await held;
  });

  own('lets another origin go when the one before it gives up', async () => {
    const stuck = await serveHeld();
    const agent = agentWith({ maxSockets: 1, maxTotalSockets: 2, queueTimeout: 30 });
    const held = answer(get({ port: stuck.port, agent }));
    const late = failure(get({ port: stuck.port, agent }));
    const site = await serve();
    await answer(get({ port: site.port, agent }));
    assert.equal((await late).code, 'OXAGENT_QUEUE_TIMEOUT');
    (await stuck.next()).res.end();
    await held;
  });

  own('works beside a connection that never comes', async () => {
    const agent = agentWith({ maxSockets: 1, queueTimeout: 20 });
    agent.createConnection = () => undefined;
    const pending = get({ port: 1, agent });
    pending.on('error', () => {});
    const error = await failure(get({ port: 1, agent }));
    assert.equal(error.code, 'OXAGENT_QUEUE_TIMEOUT');
    pending.destroy();
  });

  own('leaves a request whose connection is refused its own error', async () => {
    const port = await refusedPort();
    const agent = agentWith({ maxSockets: 1, queueTimeout: 60_000 });
    const failures = [1, 2, 3].map(() => failure(get({ port, agent })));
    for (const { code } of await Promise.all(failures)) assert.equal(code, 'ECONNREFUSED');
    assert.equal(agent.totalSocketCount, 0);
  });

  own('serves and refuses over HTTPS', async () => {
    const { root } = await pki();
    const site = await serveTls({}, (req, res) => site.hold({ req, res }));
    const agent = httpsAgentWith({ ca: root.pem, maxSockets: 1, queueTimeout: 30 });
    const held = answer(getSecure({ port: site.port, agent }));
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.equal(error.code, 'OXAGENT_QUEUE_TIMEOUT');
    assert.ok(error.message.includes(`127.0.0.1:${site.port} `));
    (await site.next()).res.end();
    await held;
  });
});
