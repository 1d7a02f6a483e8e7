'use strict';

// No request, and no part of one, reaches a connection of another origin, and no answer another
// request: under reuse, abort, queues and servers that break off. The servers take their token from
// the connection and look for any other; see fixtures/origin-server.js.
//
// Each request's choices follow from the seed and its number. OXAGENT_TEST_SEED sets the seed.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const { agentWith, dispose, tracked } = require('./support/agent');
const { HttpsAgent } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { startServer } = require('./support/child');
const { isOnly, labelOf } = require('./support/label');
const { cleanUp, later } = require('./support/peer');
const { randomOf } = require('./support/random');
const { assertIdle } = require('./support/tls-failure');

const SEED = Number(process.env.OXAGENT_TEST_SEED ?? 1);

// Requests that are made before the first of them has ended.
const AT_ONCE = 96;

const LIMITS = { maxSockets: 8, maxFreeSockets: 4, maxTotalSockets: 40 };

// How a request may end that was not answered: the server broke off, or the program did.
const FAILURES = new Set(['ECONNRESET', 'EPIPE', 'ABORT_ERR']);

const MOMENTS = ['made', 'tick', 'immediate', 'socket', 'connect', 'response', 'data'];

function bodyOf(label, { chance, upTo }) {
  return label.repeat(chance(0.02) ? upTo(6000) : upTo(20));
}

async function send(req, label, random) {
  const pieces = random.one([1, 1, 2, 3]);
  for (let i = 1; i < pieces; i++) {
    req.write(bodyOf(label, random));
    if (random.chance(0.5)) await new Promise(setImmediate);
    if (req.destroyed) return;
  }
  req.end(bodyOf(label, random));
}

function giveUp(req, { chance, one, upTo }) {
  const stop = chance(0.5) ? () => req.destroy() : () => req.socket?.destroy();
  const acts = {
    made: stop,
    tick: () => process.nextTick(stop),
    immediate: () => setImmediate(stop),
    socket: () => req.on('socket', stop),
    connect: () => req.on('socket', (socket) => socket.once('connect', stop)),
    response: () => req.on('response', stop),
    data: () => req.on('response', (res) => res.once('data', stop)),
    later: () => setTimeout(stop, upTo(5)),
  };
  acts[one([...MOMENTS, 'later'])]();
}

/** One request to an origin; 'answered', or why not. Anything of another request rejects. */
async function ask(client, agent, origin, number) {
  const random = randomOf(SEED + number);
  const label = labelOf(origin.token, number);
  const method = random.one(['GET', 'GET', 'POST', 'PUT']);
  const headers = { 'x-token': origin.token, 'x-number': number };
  const req = client.request({ ...origin.options, agent, method, path: `/${label}`, headers });
  let outcome = 'given up';
  let foul = null;
  const told = (error) => {
    outcome = error.code;
    if (!FAILURES.has(error.code)) foul ??= error;
  };
  req.on('error', told);
  req.on('response', (res) => {
    let body = '';
    res.setEncoding('latin1');
    res.on('data', (text) => {
      body += text;
    });
    res.on('error', told);
    res.on('end', () => {
      outcome = 'answered';
    });
    res.on('close', () => {
      if (res.headers['x-token'] !== origin.token || !isOnly(body, label)) {
        foul = new Error(`${label} got ${JSON.stringify(res.headers)} ${body.slice(0, 100)}`);
      }
    });
  });
  const closed = new Promise((resolve) => req.on('close', resolve));
  if (method === 'GET') req.end();
  else send(req, label, random);
  if (random.chance(0.08)) giveUp(req, random);
  await closed;
  if (foul) throw foul;
  return outcome;
}

describe('Agent isolation', function () {
  this.timeout(300_000);
  afterEach(dispose);
  afterEach(cleanUp);

  async function servers(processes, ports, tls) {
    const all = [];
    for (let i = 0; i < processes; i++) {
      const args = [ports, SEED, ...(tls ? [JSON.stringify(tls)] : [])];
      const site = await startServer('origin-server.js', args);
      later(() => site.stop());
      all.push(site);
    }
    return all;
  }

  async function isolated(client, agent, sites, origins, count) {
    const outcomes = {};
    let number = 0;
    const worker = async () => {
      while (number < count) {
        const origin = randomOf(SEED + ++number).one(origins);
        const outcome = await ask(client, agent, origin, number);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const all = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
    assert.equal(all, count);
    // The test is worth something only where most requests come through and many do not.
    assert.ok(outcomes.answered > count * 0.7, JSON.stringify(outcomes));
    assert.ok(outcomes.ECONNRESET > count * 0.02, JSON.stringify(outcomes));
    for (const site of sites) {
      site.child.send('report');
      const [{ seen }] = await once(site.child, 'message');
      assert.deepEqual(seen.strangers, []);
      assert.deepEqual(seen.twice, []);
      assert.ok(seen.requests > (count / sites.length) * 0.7);
      assert.ok(seen.faults > 0);
    }
    await emptied(agent);
  }

  /** Given when the agent's last connection has closed. */
  async function emptied(agent) {
    const open = [agent.sockets, agent.freeSockets].flatMap((view) => Object.values(view).flat());
    const closes = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    agent.destroy();
    await Promise.all(closes);
    assertIdle(agent);
  }

  it(`keeps 100,000 requests to 24 origins apart, seed ${SEED}`, async () => {
    const sites = await servers(2, 4);
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    // What differs in the port, and what differs only in the near end.
    const origins = sites.flatMap(({ ports }) =>
      ports.flatMap((port) =>
        addresses.map((localAddress) => ({
          token: `${port}/${localAddress}`,
          options: { host: '127.0.0.1', port, localAddress },
        })),
      ),
    );
    const agent = agentWith({ keepAlive: true, scheduling: 'fifo', ...LIMITS });
    await isolated(http, agent, sites, origins, 100_000);
  });

  it(`keeps 20,000 requests over TLS to 8 origins apart, seed ${SEED}`, async () => {
    const names = ['a.test', 'b.test', 'c.test', 'd.test'];
    const { root, intermediate } = await pki();
    const { key, chain: cert } = await certificate({ issuer: intermediate, names });
    const sites = await servers(1, 2, { key, cert });
    // What differs in the port, and what differs only in the name.
    const origins = sites[0].ports.flatMap((port) =>
      names.map((servername) => ({
        token: `${port}/${servername}`,
        options: { host: '127.0.0.1', port, servername },
      })),
    );
    const agent = tracked(new HttpsAgent({ ca: root.pem, keepAlive: true, ...LIMITS }));
    await isolated(https, agent, sites, origins, 20_000);
  });
});
