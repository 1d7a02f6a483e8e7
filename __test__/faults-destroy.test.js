'use strict';

// Everything that a program may end, ended at every point of a request's life: what the request
// says is what it says with Node's own agent, it says it once, the request behind it in the queue
// is answered, the agent is empty afterwards, and of use.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { watch } = require('./fixtures/tls-watch');
const { answer, dispose } = require('./support/agent');
const { SCHEMES } = require('./support/ending');
const { cleanUp } = require('./support/peer');
const { closeServers, serve } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const CLIENTS = {
  http: { module: http, serve },
  https: { module: https, serve: (listener) => serveTls({}, listener) },
};

const turn = () => new Promise(setImmediate);

// Where the agent's own end comes in a program's call, and what is there by then.
const WAYS = {
  'agent.destroy()': ({ agent }) => agent.destroy(),
  'req.destroy()': ({ req }) => req.destroy(),
  'req.destroy(error)': ({ req }) => req.destroy(new Error('enough')),
  'req.abort()': ({ req }) => req.abort(),
  'its signal': ({ controller }) => controller.abort(),
  'socket.destroy()': ({ socket }) => socket.destroy(),
  'socket.destroy(error)': ({ socket }) => socket.destroy(new Error('enough')),
  'res.destroy()': ({ res }) => res.destroy(),
  'res.destroy(error)': ({ res }) => res.destroy(new Error('enough')),
  'all of them': ({ agent, req, socket, res, controller }) => {
    controller.abort();
    res?.destroy();
    socket?.destroy();
    req.destroy();
    agent.destroy();
  },
};

const needs = (way) => /^(socket|res)/.exec(way)?.[0];

// `has`: what of socket and response is there at the point. `on`: the event, or reached(): given
// when the point is. `alone`: no request waits behind it. `silent`: the first name looked up is not
// answered.
const EVERY = {
  'before any tick': { has: [], reached: () => null },
  'in the next tick': { has: [], reached: () => new Promise(process.nextTick) },
  "in 'socket'": { has: ['socket'], on: 'request socket' },
  'while its name is looked up': {
    has: ['socket'],
    silent: true,
    reached: ({ req }) => once(req, 'socket').then(turn),
  },
  "in 'lookup'": { has: ['socket'], on: 'socket lookup' },
  'while it connects': {
    has: ['socket'],
    reached: async ({ req }) => {
      const [socket] = await once(req, 'socket');
      // Deno's own socket does not tell of its attempts.
      const attempt = once(socket, 'connectionAttempt');
      const found = once(socket, 'lookup').then(() => new Promise(process.nextTick));
      await Promise.race([attempt, found]);
    },
  },
  "in 'connect'": { has: ['socket'], on: 'socket connect' },
  'while its body is written': {
    has: ['socket'],
    options: { method: 'POST' },
    reached: ({ req }) => new Promise((written) => req.write('the first half', written)),
  },
  "in 'finish'": { has: ['socket'], on: 'request finish' },
  'while the server thinks': {
    has: ['socket'],
    options: { path: '/never' },
    reached: ({ site }) => site.next(),
  },
  "in 'response'": {
    has: ['socket', 'res'],
    options: { path: '/half' },
    on: 'request response',
  },
  "in the first 'data'": {
    has: ['socket', 'res'],
    options: { path: '/half' },
    on: 'response data',
  },
  'between two chunks': {
    has: ['socket', 'res'],
    options: { path: '/half' },
    reached: async ({ req }) => {
      const [res] = await once(req, 'response');
      await turn();
      await turn();
      assert.ok(!res.complete);
    },
  },
  "in 'end'": { has: ['socket', 'res'], on: 'response end' },
  "in the response's 'close'": { has: ['socket', 'res'], on: 'response close' },
  "in 'close'": { has: ['socket', 'res'], on: 'request close' },
  "in the agent's 'free'": {
    has: ['socket', 'res'],
    alone: true,
    reached: ({ agent }) => once(agent, 'free'),
  },
  'while it is parked': {
    has: ['socket', 'res'],
    alone: true,
    reached: ({ req }) => once(req, 'close').then(turn),
  },
};

const SECURE = {
  'in the handshake': {
    has: ['socket'],
    reached: async ({ req }) => {
      const [socket] = await once(req, 'socket');
      await once(socket, 'connect');
      await turn();
    },
  },
  "in 'secureConnect'": { has: ['socket'], on: 'socket secureConnect' },
};

// What Node's client says later or sooner from version to version, and of a socket that is given
// up.
const UNTOLD = /^(socket |request (finish|socket)$)/;

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(`ended at every point of its life (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);
    afterEach(cleanUp);

    const open = async () => {
      const site = await client.serve((req, res) => {
        req.resume();
        req.on('error', () => {});
        if (req.url === '/never') {
          site.hold({ req, res });
        } else {
          res.write('the first half');
          if (req.url !== '/half') setImmediate(() => res.end('the second'));
        }
      });
      return site;
    };

    function start(site, agent, options) {
      return client.module.request({
        host: 'a.example',
        servername: 'localhost',
        port: site.port,
        agent,
        // Node's agent takes the options of the connection before for that of a queued request.
        lookup(_name, how, done) {
          if (site.silent) {
            site.silent = false;
            return;
          }
          setImmediate(() => {
            if (how.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
            else done(null, '127.0.0.1', 4);
          });
        },
        ...options,
      });
    }

    const whole = async (req) => (await answer(req.end())).body;

    async function lived(agent, point, way) {
      const site = await open();
      site.silent = point.silent;
      const controller = new AbortController();
      const req = start(site, agent, { signal: controller.signal, ...point.options });
      const closed = new Promise((resolve) => req.once('close', resolve));
      let res;
      let error;
      let acted = false;
      const act = () => {
        if (acted) return;
        acted = true;
        const { socket } = req;
        WAYS[way]({ agent, req, res, socket, controller });
      };
      const { events, over } = watch(req, (event, _req, argument) => {
        if (event === 'request response') {
          res = argument;
          res.once('data', () => {
            if (point.on === 'response data') act();
          });
        }
        if (event === 'request error') error = `${argument.code} ${argument.message}`;
        if (event === point.on) act();
      });
      if (point.options?.method !== 'POST') req.end();
      const behind = point.alone ? null : whole(start(site, agent)).catch(({ message }) => message);
      if (point.reached) {
        const reached = point.reached({ req, agent, site });
        if (reached !== null) await reached;
        act();
      }
      await closed;
      const queued = await behind;
      assert.ok(acted, 'the point was reached');
      // As often as it likes.
      assert.equal(await whole(start(site, agent)), 'the first halfthe second');
      agent.destroy();
      await over;
      for (const view of [agent.sockets, agent.freeSockets]) {
        for (const socket of Object.values(view).flat()) await once(socket, 'close');
      }
      assertIdle(agent);
      return { queued, events: events.filter((event) => !UNTOLD.test(event)), all: events, error };
    }

    const points = { ...EVERY, ...(name === 'https' && SECURE) };
    for (const [where, point] of Object.entries(points)) {
      for (const way of Object.keys(WAYS)) {
        const need = needs(way);
        if (need && !point.has.includes(need)) continue;
        it(`${where}, by ${way}: it ends as with Node's agent`, async () => {
          const options = { maxSockets: 1 };
          const [node, agent] = await SCHEMES[name].agents(options);
          const expected = await lived(node, point, way);
          const seen = await lived(agent, point, way);
          assert.deepEqual(seen.events, expected.events);
          assert.equal(seen.error, expected.error);
          assert.equal(seen.queued, expected.queued);
          // Else the program has ended the connection that the next request had by then.
          if (!where.includes("response's 'close'")) assert.notEqual(seen.queued, 'socket hang up');
          for (const [event, most] of [
            ['request close', 1],
            ['socket close', 1],
            ['request error', 1],
            ['response close', 1],
            ['response error', 1],
          ]) {
            const times = seen.all.filter((each) => each === event).length;
            assert.ok(times <= most, `${event}: ${times} times`);
          }
          assert.ok(seen.all.includes('request close'));
        });
      }
    }
  });
}
