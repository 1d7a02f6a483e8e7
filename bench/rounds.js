'use strict';

// Interleaves the clients: A B C D, B C D A, C D A B ... Whatever the machine does besides then
// falls on all of them alike, and a client is compared with its neighbour in time.

const path = require('node:path');

const { Child } = require('./ipc');

// The first warm-up of a process is longer: that is when its code gets compiled.
const FIRST_WARMUP_FACTOR = 3;
// On top of a window's own length, for a response that is long in coming.
const PATIENCE_MS = 30_000;

class Client {
  #child;

  constructor(row, scenario) {
    this.row = row;
    this.scenario = scenario;
    this.version = null;
    this.negotiated = null;
    this.rounds = [];
    this.failure = null;
  }

  async start() {
    this.#child = new Child(path.join(__dirname, 'client.js'), {
      label: this.row.name,
      args: [this.row.name, this.scenario.name],
      env: this.row.env,
      execArgv: ['--expose-gc'],
    });
    try {
      const { version } = await this.#child.ask('load');
      this.version = version;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async round({ server, more, step, insecure, warmupSeconds, seconds }) {
    const { scenario } = this;
    if (scenario.parked && this.rounds.length > 0) {
      // Memory that a process has had once, it takes again from what it kept.
      await this.end();
      await this.start();
    }
    const warmup = this.rounds.length === 0 ? warmupSeconds * FIRST_WARMUP_FACTOR : warmupSeconds;
    const servers = [server, ...Object.values(more)];
    const before = await connectionsOf(servers);
    await this.#child.ask(
      'warmUp',
      {
        ...addressOf(server),
        more: addressesOf(more),
        ...step,
        insecure,
        seconds: warmup,
      },
      warmup * 1e3 + PATIENCE_MS,
    );
    const opened = await connectionsOf(servers);
    const serverUse = await startServerUse(server);
    const figures = await this.#child.ask('measure', { seconds }, seconds * 1e3 + PATIENCE_MS);
    const serverCores = await serverUse();
    // The disconnect guard: a client that silently reconnects measures something else.
    const due = connectionsDue(scenario, { ...step, ...figures });
    const reconnects = (await connectionsOf(servers)) - opened - due;
    if (scenario.secure) {
      this.negotiated = await this.#child.ask('negotiated');
      if (scenario.fresh && this.negotiated.resumed) throw new Error('it resumed a session');
    }
    await this.#child.ask('close');
    this.rounds.push({ ...figures, serverCores, connections: opened - before, reconnects });
  }

  end() {
    return this.#child.end();
  }
}

async function connectionsOf(servers) {
  const counts = await Promise.all(servers.map((server) => server.connections()));
  return counts.reduce((sum, count) => sum + count, 0);
}

function addressOf({ port, ca }) {
  return { port, ca };
}

function addressesOf(servers) {
  const addresses = Object.entries(servers).map(([name, server]) => [name, addressOf(server)]);
  return Object.fromEntries(addresses);
}

// How many cores the server is busy for, from now to when it is asked; null where it can't know.
async function startServerUse(server) {
  const cpu = await server.cpuMicros();
  const beganAt = performance.now();
  return async () => {
    const used = await server.cpuMicros();
    if (cpu === null || used === null) return null;
    return (used - cpu) / 1e3 / (performance.now() - beganAt);
  };
}

// How many connections a window has to open.
function connectionsDue(scenario, { at, requests, handshakes }) {
  if (handshakes !== undefined) return handshakes;
  if (scenario.fresh) return requests;
  return scenario.parked ? at : 0;
}

// Runs all rows at one step. A client that fails is left out of the rounds that follow.
async function runRounds(rows, settings, progress) {
  const clients = [];
  try {
    for (const row of rows) {
      const client = new Client(row, settings.scenario);
      await client.start();
      clients.push(client);
    }
    for (let round = 0; round < settings.rounds; round += 1) {
      for (let place = 0; place < clients.length; place += 1) {
        const client = clients[(round + place) % clients.length];
        if (client.failure) continue;
        progress(`round ${round + 1} of ${settings.rounds}: ${client.row.name}`);
        try {
          await client.round(settings);
        } catch (error) {
          client.failure = error.message;
          await client.end(); // Its requests must not weigh on the others.
        }
      }
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
  return clients.map(({ row, version, negotiated, rounds, failure }) => ({
    row,
    version,
    negotiated,
    rounds,
    failure,
  }));
}

module.exports = { runRounds, Client };
