'use strict';

// Between two events of one socket the tick and microtask queues are drained, as between two
// callbacks of libuv, also when both events had arrived long before the loop turned.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { fixtures } = require('./support/child');
const {
  agentOf,
  cannedServer,
  cleanUp,
  gone,
  httpServer,
  later,
  request,
  socketOf,
} = require('./support/peer');

async function packetServer(packets) {
  const flag = new SharedArrayBuffer(4);
  const worker = new Worker(path.join(fixtures, 'packets.js'), {
    workerData: { flag, packets, pause: 15 },
  });
  later(() => worker.terminate());
  const [port] = await once(worker, 'message');
  return {
    port,
    // Blocks this thread until every packet and the end have been sent.
    block() {
      Atomics.wait(new Int32Array(flag), 0, 0, 10_000);
    },
  };
}

// A listener that logs `name`, then what it queued: a tick, and a chain of microtasks.
function logging(log, name) {
  return () => {
    log.push(name);
    process.nextTick(() => log.push(`${name} tick`));
    Promise.resolve()
      .then(() => log.push(`${name} microtask`))
      .then(() => log.push(`${name} second microtask`))
      .then(() => process.nextTick(() => log.push(`${name} late tick`)));
  };
}

// Everything that an event queued must stand in the log before the next event.
function assertDrained(log, names) {
  const events = log.filter((entry) => names.includes(entry));
  const expected = events.flatMap((name) => [
    name,
    `${name} tick`,
    `${name} microtask`,
    `${name} second microtask`,
    `${name} late tick`,
  ]);
  assert.deepEqual(log, expected);
}

describe('between two events of one socket', () => {
  afterEach(cleanUp);

  it('ticks and microtasks run: data, data, end, close in one batch', async () => {
    const server = await packetServer(4);
    const headers = { connection: 'upgrade', upgrade: 'raw' };
    const req = request(server, agentOf(), { headers }).end();
    const [, socket] = await once(req, 'upgrade');
    const log = [];
    // 'end' and 'close' are ticks of the streams in Node: only what 'data' queued is looked at.
    socket.on('data', logging(log, 'data'));
    socket.on('end', () => log.push('end'));
    socket.on('close', () => log.push('close'));
    const closed = gone(socket);
    socket.write('go');
    await new Promise(setImmediate);
    server.block();
    await closed;
    assert.deepEqual(log.slice(-2), ['end', 'close']);
    assert.ok(log.includes('data'));
    assertDrained(log.slice(0, -2), ['data']);
  });

  it("microtasks run between 'data' and 'end' of a response", async () => {
    const answer = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe body';
    const server = await cannedServer(answer, (socket) => socket.end());
    const req = request(server, agentOf()).end();
    const [res] = await once(req, 'response');
    const log = [];
    res.on('data', logging(log, 'data'));
    res.on('end', () => log.push('end'));
    await gone(req);
    const data = log.filter((entry) => entry !== 'end');
    assertDrained(data, ['data']);
  });

  it("ticks and microtasks run after 'connect' and 'ready', before the data", async () => {
    const server = await httpServer((_, res) => res.end('data'));
    const req = request(server, agentOf()).end();
    const socket = await socketOf(req);
    const log = [];
    socket.on('connect', logging(log, 'connect'));
    req.on('response', (res) => {
      log.push('response');
      res.resume();
    });
    await gone(socket);
    assertDrained(
      log.filter((entry) => entry !== 'response'),
      ['connect'],
    );
    assert.equal(log.at(-1), 'response');
  });

  it('the callback of a write has its ticks before the data that answers it', async () => {
    const server = await httpServer((req, res) => {
      res.flushHeaders();
      req.pipe(res);
    });
    const req = request(server, agentOf(), { method: 'POST' });
    req.flushHeaders();
    const [res] = await once(req, 'response');
    const log = [];
    res.on('data', () => log.push('data'));
    req.write('ping', logging(log, 'written'));
    req.end();
    await gone(req);
    assert.ok(log.includes('data'));
    assertDrained(
      log.filter((entry) => entry !== 'data'),
      ['written'],
    );
  });
});

describe('events of different sockets', () => {
  afterEach(cleanUp);

  it('each have their ticks and microtasks before the next event of the same socket', async () => {
    const server = await packetServer(3);
    const headers = { connection: 'upgrade', upgrade: 'raw' };
    const agent = agentOf();
    const logs = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const req = request(server, agent, { headers }).end();
        const [, socket] = await once(req, 'upgrade');
        const log = [];
        socket.on('data', logging(log, 'data'));
        return { socket, log };
      }),
    );
    const closed = Promise.all(logs.map(({ socket }) => gone(socket)));
    for (const { socket } of logs) socket.write('go');
    await new Promise(setImmediate);
    server.block();
    await closed;
    for (const { log } of logs) {
      assert.ok(log.includes('data'));
      assertDrained(log, ['data']);
    }
  });
});
