'use strict';

// Queued requests and what programs do to them: a `destroy` of their own, a signal that was aborted
// before, a connection that is dead when it is made.

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');
const { agentWith, answer, differs, dispose, get, total } = require('./support/agent');
const { closeServers, serveHeld } = require('./support/server');

/** Counts how a request ends; `over` is given at its close. */
function watched(req) {
  const events = [];
  for (const name of ['error', 'close']) req.on(name, () => events.push(name));
  return { events, over: new Promise((resolve) => req.on('close', resolve)) };
}

function wrapDestroy(req) {
  const { destroy } = req;
  const calls = [];
  req.destroy = function (error) {
    calls.push(error);
    return destroy.call(this, error);
  };
  return { calls, wrapper: req.destroy };
}

async function respond(site) {
  const { req, res } = await site.next();
  res.end();
  return req.url;
}

describe('Agent and the destroy of a queued request', () => {
  afterEach(dispose);
  afterEach(closeServers);

  async function queued() {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const ask = (path) => get({ port: site.port, path, agent });
    return { site, agent, ask, first: answer(ask('/1')) };
  }

  differs('a queued request that is given up stays until its turn')(
    'wrapped, ends it once while it waits',
    async () => {
      const { site, agent, ask, first } = await queued();
      const doomed = ask('/2');
      const third = answer(ask('/3'));
      const { events, over } = watched(doomed);
      const { calls } = wrapDestroy(doomed);
      doomed.destroy(new Error('mine'));
      await over;
      assert.equal(total(agent.requests), 1);
      assert.equal(await respond(site), '/1');
      await first;
      assert.equal(await respond(site), '/3');
      await third;
      assert.deepEqual(events, ['error', 'close']);
      assert.equal(calls.length, 1);
      assert.equal(total(agent.requests), 0);
    },
  );

  it('wrapped, ends it once when it has a connection, and the next is served', async () => {
    const { site, agent, ask, first } = await queued();
    const doomed = ask('/2');
    const third = answer(ask('/3'));
    const { events, over } = watched(doomed);
    const { wrapper } = wrapDestroy(doomed);
    assert.equal(await respond(site), '/1');
    await first;
    const { req } = await site.next();
    assert.equal(req.url, '/2');
    assert.equal(doomed.destroy, wrapper);
    doomed.destroy(new Error('mine'));
    await over;
    assert.equal(await respond(site), '/3');
    await third;
    assert.deepEqual(events, ['error', 'close']);
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 1);
    assert.equal(total(agent.requests), 0);
  });

  it('that was its own before stays its own afterwards', async () => {
    const { site, agent, ask, first } = await queued();
    const { addRequest } = agent;
    let own;
    agent.addRequest = function (req, ...rest) {
      own = wrapDestroy(req);
      return addRequest.call(this, req, ...rest);
    };
    const second = ask('/2');
    assert.equal(total(agent.requests), 1);
    const answered = answer(second);
    await respond(site);
    await first;
    await respond(site);
    await answered;
    assert.ok(Object.hasOwn(second, 'destroy'));
    assert.equal(second.destroy, own.wrapper);
    assert.equal(own.calls.length, 0);
  });

  it('that puts it off leaves the request in its turn', async () => {
    const { site, agent, ask, first } = await queued();
    const { addRequest } = agent;
    agent.addRequest = function (req, ...rest) {
      req.destroy = () => req;
      return addRequest.call(this, req, ...rest);
    };
    const second = ask('/2');
    const answered = answer(second);
    second.destroy();
    await new Promise(setImmediate);
    assert.equal(total(agent.requests), 1);
    for (const url of ['/1', '/2']) assert.equal(await respond(site), url);
    await Promise.all([first, answered]);
  });

  it('that calls itself ends the request once', async () => {
    const { site, agent, ask, first } = await queued();
    const { addRequest } = agent;
    agent.addRequest = function (req, ...rest) {
      const { destroy } = req;
      let calls = 0;
      req.destroy = function (error) {
        return calls++ === 0 ? this.destroy(error) : destroy.call(this, error);
      };
      return addRequest.call(this, req, ...rest);
    };
    const second = ask('/2');
    const events = [];
    for (const event of ['error', 'close']) second.on(event, () => events.push(event));
    second.destroy(new Error('mine'));
    assert.equal(await respond(site), '/1');
    await first;
    await new Promise(setImmediate);
    assert.deepEqual(events, ['error', 'close']);
  });

  it('that can’t be replaced leaves the queue whole', async () => {
    const { site, agent, ask, first } = await queued();
    const { addRequest } = agent;
    agent.addRequest = function (req, ...rest) {
      const { destroy } = req;
      Object.defineProperty(req, 'destroy', { value: (error) => destroy.call(req, error) });
      return addRequest.call(this, req, ...rest);
    };
    const others = ['/2', '/3'].map((path) => answer(ask(path)));
    for (const url of ['/1', '/2', '/3']) assert.equal(await respond(site), url);
    await Promise.all([first, ...others]);
    assert.equal(total(agent.requests), 0);
  });

  it('is the class’s again when it has a connection', async () => {
    const { site, ask, first } = await queued();
    const second = ask('/2');
    const answered = answer(second);
    await respond(site);
    await first;
    await respond(site);
    await answered;
    assert.ok(!Object.keys(second).includes('destroy'));
    // A tracer may wrap the class's at any time.
    const calls = [];
    const { destroy } = http.ClientRequest.prototype;
    http.ClientRequest.prototype.destroy = function (...args) {
      calls.push(this);
      return destroy.apply(this, args);
    };
    try {
      second.destroy();
    } finally {
      http.ClientRequest.prototype.destroy = destroy;
    }
    assert.deepEqual(calls, [second]);
  });
});

describe('Agent and a request destroyed before it is queued', () => {
  afterEach(dispose);
  afterEach(closeServers);

  differs('it waits in the queue')('does not wait, and ends with its error', async () => {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    const first = answer(get({ port: site.port, agent }));
    const signal = AbortSignal.abort();
    const doomed = get({ port: site.port, path: '/doomed', signal, agent });
    assert.deepEqual(Object.keys(agent.requests), []);
    const { events, over } = watched(doomed);
    const [error] = await once(doomed, 'error');
    assert.equal(error.name, 'AbortError');
    await over;
    await respond(site);
    await first;
    assert.deepEqual(events, ['error', 'close']);
    assert.equal(site.requests, 1);
    assert.equal(total(agent.freeSockets), 1);
  });
});

describe('Agent and a connection that is dead when it is made', () => {
  afterEach(dispose);
  afterEach(closeServers);

  // The second connection that is asked for is dead. Given are the requests in the order served.
  async function served(paths) {
    const site = await serveHeld();
    const agent = agentWith({ keepAlive: true, maxSockets: 1 });
    let calls = 0;
    agent.createConnection = (options) => {
      if (++calls === 2) return new Duplex({ read() {}, write() {} }).destroy();
      return net.connect(options);
    };
    const headers = { connection: 'close' };
    const first = answer(get({ port: site.port, path: '/first', headers, agent }));
    const answers = paths.map((path) => answer(get({ port: site.port, path, agent })));
    assert.equal(await respond(site), '/first');
    await first;
    const order = [];
    for (const _ of paths) order.push(await respond(site));
    await Promise.all(answers);
    assert.equal(calls, 3);
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 1);
    assert.equal(total(agent.freeSockets), 1);
    return order;
  }

  it('serves the queued request by the next connection', async () => {
    assert.deepEqual(await served(['/1']), ['/1']);
  });

  it('leaves the queued requests in their order', async () => {
    assert.deepEqual(await served(['/1', '/2', '/3']), ['/1', '/2', '/3']);
  });
});
