'use strict';

// The I/O thread panics, wherever it can: the requests that it served fail and say so, the process
// lives, and agents, the same and new ones, go on. Run by `npm run test:panic`, with an addon that
// has the panics in it; no other has.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');
const { pki } = require('../support/certificates');
const { closeServers, gone, serve } = require('../support/server');
const { assertIdle } = require('../support/tls-failure');
const { serveTls } = require('../support/tls-server');

const PACKAGE = process.env.OXAGENT_PANIC_PACKAGE;
const { Agent, HttpsAgent } = require(PACKAGE);
const { armPanic } = require(path.join(PACKAGE, 'lib/bridge/native'));

// By the numbers of src/net/injection.rs. `all` connections go, or that one which panicked.
const PLACES = [
  ['a command is obeyed', 1, false],
  ['a connection is made', 2, false],
  ['a connection is begun', 6, false],
  ['a connection is begun, and no task serves it yet', 7, false],
  ['a connection is served', 3, false],
  ["the thread's own loop turns", 4, true],
  ['the thread goes to sleep', 5, true],
];

// Two places more: while a connection is closed, and among the connections that a panic of the
// thread has ended.
const THREAD = 4;
const CLOSING = 8;
const FAILING = 9;

const LIVE = 6;

const PANIC = 'OXAGENT_IO_PANIC';

// /held is never answered.
const listener = (req, res) => {
  if (req.url === '/held') res.write('some');
  else req.resume().on('end', () => res.end('answer'));
};

const SCHEMES = {
  http: {
    request: http.request,
    serve: () => serve(listener),
    agentWith: async (options) => new Agent(options),
  },
  https: {
    request: https.request,
    serve: () => serveTls({}, listener),
    agentWith: async (options) => new HttpsAgent({ ca: (await pki()).root.pem, ...options }),
  },
};

// 'answer', or the code of what went wrong, or 'closed'.
function outcome(scheme, port, agent, path = '/', seen = () => {}) {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', servername: 'localhost', port, agent, path };
    const req = scheme.request(options, (res) => {
      let body = '';
      res.on('data', (chunk) => {
        body += chunk;
        seen();
      });
      res.on('end', () => resolve(body));
      // The answer is 'aborted' in Node's words; what has failed is the socket.
      res.on('error', () => {});
    });
    req.on('error', (error) => resolve(error.code));
    req.on('close', () => resolve('closed'));
    req.on('socket', (socket) => socket.on('error', (error) => resolve(error.code)));
    req.end();
  });
}

async function emptied(agent) {
  const open = [agent.sockets, agent.freeSockets].flatMap((view) => Object.values(view).flat());
  const closes = open.map(gone);
  agent.destroy();
  await Promise.all(closes);
  assertIdle(agent);
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`a panic of the I/O thread (${name})`, () => {
    afterEach(closeServers);

    for (const [when, place, all] of PLACES) {
      it(`when ${when} fails ${all ? 'all requests' : 'one request'}, and nothing else`, async () => {
        const { port } = await scheme.serve();
        const agent = await scheme.agentWith({ keepAlive: true, maxSockets: LIVE });
        const held = [];
        for (let i = 0; i < LIVE - 1; i++) {
          await new Promise((seen) => {
            held.push(outcome(scheme, port, agent, '/held', seen));
          });
        }
        armPanic(place);
        // One for the last place, and two that wait for a place.
        const others = Array.from({ length: 3 }, () => outcome(scheme, port, agent));
        if (all) assert.deepEqual(await Promise.all(held), Array(LIVE - 1).fill(PANIC));
        const ended = await Promise.all(others);
        assert.equal(await outcome(scheme, port, agent), 'answer');
        await emptied(agent);

        const lost = [...(await Promise.all(held)), ...ended];
        if (!all) assert.equal(lost.filter((text) => text === PANIC).length, 1);
        // Those that waited are served, whatever became of the others.
        assert.ok(ended.filter((text) => text === 'answer').length >= 2, `${ended}`);

        const fresh = await scheme.agentWith({ keepAlive: true });
        for (let i = 0; i < 3; i++) assert.equal(await outcome(scheme, port, fresh), 'answer');
        await emptied(fresh);
      });
    }

    it('when a connection is closed leaves it closed, and its number to the next', async () => {
      const { server, port } = await scheme.serve();
      const agent = await scheme.agentWith({ keepAlive: true });
      const options = { host: '127.0.0.1', servername: 'localhost', port, agent };
      const closes = new Promise((resolve) => {
        server.once(name === 'http' ? 'connection' : 'secureConnection', (socket) =>
          socket.on('error', () => {}).on('close', resolve),
        );
      });
      const req = scheme.request({ ...options, path: '/held' }).on('error', () => {});
      req.end();
      const [res] = await once(req, 'response');
      res.on('error', () => {});
      armPanic(CLOSING);
      req.destroy();
      await closes;
      for (let i = 0; i < 3; i++) assert.equal(await outcome(scheme, port, agent), 'answer');
      await emptied(agent);
    });

    it('when its connections are ended tells all of them', async () => {
      const { port } = await scheme.serve();
      const agent = await scheme.agentWith();
      const held = [];
      for (let i = 0; i < LIVE; i++) {
        await new Promise((seen) => {
          held.push(outcome(scheme, port, agent, '/held', seen));
        });
      }
      armPanic(FAILING);
      armPanic(THREAD);
      const last = outcome(scheme, port, agent);
      assert.deepEqual(await Promise.all(held), Array(LIVE).fill(PANIC));
      await last;
      assert.equal(await outcome(scheme, port, agent), 'answer');
      await emptied(agent);
    });

    it('leaves no dead connection among the idle ones', async () => {
      const { port } = await scheme.serve();
      const agent = await scheme.agentWith({ keepAlive: true });
      await Promise.all(Array.from({ length: 4 }, () => outcome(scheme, port, agent)));
      // Those whose answers have just ended are idle a turn later.
      while (Object.values(agent.sockets).flat().length > 0) await new Promise(setImmediate);
      const idle = Object.values(agent.freeSockets).flat();
      assert.equal(idle.length, 4);
      const closes = Promise.all(idle.map(gone));
      armPanic(THREAD);
      // Wakes the thread.
      const last = outcome(scheme, port, await scheme.agentWith());
      await closes;
      await last;
      assert.deepEqual(Object.keys(agent.freeSockets), []);
      assert.equal(await outcome(scheme, port, agent), 'answer');
      agent.destroy();
    });
  });
}

describe('a panic of the I/O thread, in more than one environment', () => {
  afterEach(closeServers);

  it('is heard in workers too, and they end as ever', async () => {
    const { port } = await SCHEMES.http.serve();
    const worker = new Worker(path.join(__dirname, 'worker.js'), {
      workerData: { port, oxagent: PACKAGE },
    });
    assert.deepEqual(await once(worker, 'message'), ['ready']);
    const agent = await SCHEMES.http.agentWith();
    armPanic(THREAD);
    const ours = outcome(SCHEMES.http, port, agent);
    assert.deepEqual(await once(worker, 'message'), [PANIC]);
    await ours;
    assert.deepEqual(await once(worker, 'message'), ['answer']);
    await worker.terminate();
    assert.equal(await outcome(SCHEMES.http, port, agent), 'answer');
  });
});

describe('an I/O thread that cannot go on after a panic', () => {
  afterEach(closeServers);

  for (const [name, scheme] of Object.entries(SCHEMES)) {
    it(`fails every request, held, on its way and later (${name})`, async () => {
      const { port } = await scheme.serve();
      const args = [path.join(__dirname, 'ended.js'), PACKAGE, name, port];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { held, sent, later, sockets, after } = JSON.parse(stdout);
      assert.deepEqual(held, [PANIC, PANIC, PANIC]);
      assert.deepEqual(sent, [PANIC, PANIC, PANIC]);
      assert.deepEqual(later, [PANIC, PANIC, PANIC]);
      assert.deepEqual(sockets, { held: 0, idle: 0, queued: 0 });
      assert.match(after, /I\/O thread has ended/);
    });
  }
});

describe('a panic while the event loop is given a connection', () => {
  afterEach(closeServers);

  it('fails the request that has it, and nothing else', async function () {
    if (process.platform !== 'linux') this.skip();
    const { port } = await SCHEMES.http.serve();
    const args = [path.join(__dirname, 'given.js'), PACKAGE, port];
    const env = { ...process.env, OXAGENT_IO: 'loop' };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    assert.deepEqual(JSON.parse(stdout), ['answer', PANIC, 'answer']);
  });
});
