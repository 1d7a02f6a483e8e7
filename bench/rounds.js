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

  constructor(row, { version, child }) {
    this.row = row;
    this.version = version;
    this.#child = child;
    this.rounds = [];
    this.failure = null;
  }

  static async start(row) {
    const child = new Child(path.join(__dirname, 'client.js'), {
      label: row.name,
      args: [row.name],
    });
    try {
      const { version } = await child.ask('load');
      return new Client(row, { version, child });
    } catch (error) {
      await child.end();
      throw error;
    }
  }

  async round({ server, scenario, at, warmupSeconds, seconds }) {
    const warmup = this.rounds.length === 0 ? warmupSeconds * FIRST_WARMUP_FACTOR : warmupSeconds;
    const before = await server.connections();
    await this.#child.ask(
      'warmUp',
      { scenarioName: scenario.name, port: server.port, at, seconds: warmup },
      warmup * 1e3 + PATIENCE_MS,
    );
    const opened = await server.connections();
    const figures = await this.#child.ask('measure', { seconds }, seconds * 1e3 + PATIENCE_MS);
    // The disconnect guard: a client that silently reconnects measures something else.
    const reconnects = (await server.connections()) - opened;
    await this.#child.ask('close');
    this.rounds.push({ ...figures, connections: opened - before, reconnects });
  }

  end() {
    return this.#child.end();
  }
}

// Runs all rows at one number at once. A client that fails is left out of the rounds that follow.
async function runRounds(rows, settings, progress) {
  const clients = [];
  try {
    for (const row of rows) clients.push(await Client.start(row));
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
  return clients.map(({ row, version, rounds, failure }) => ({ row, version, rounds, failure }));
}

module.exports = { runRounds, Client };
