'use strict';

// A session of another kind: `at` connections are opened by as many requests at once and then left
// idle, and what is measured is the memory that they take.

const { settledMemory } = require('./memory');
const { PATH, parseNegotiated } = require('./negotiated');

// Enough to load and compile what a request needs; too few to grow the heap that the connections
// are to be seen in.
const WARM_UP_AT = 10;
const WARM_UP_ROUNDS = 10;

class Parking {
  #library;
  #target;
  #client;

  constructor(library, target) {
    this.#library = library;
    this.#target = target;
    this.#client = library.connect(target);
  }

  async warmUp() {
    const client = this.#library.connect({ ...this.#target, at: WARM_UP_AT });
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) await sendAtOnce(client, WARM_UP_AT);
    await client.close();
  }

  async measure() {
    const { at } = this.#target;
    const before = await settledMemory();
    await sendAtOnce(this.#client, at);
    const parked = await settledMemory();
    // On the parked connections, which the server counts: all of them still stood.
    await sendAtOnce(this.#client, at);
    return {
      rssKiBPerConnection: (parked.rss - before.rss) / 1024 / at,
      heapKiBPerConnection: (parked.heapUsed - before.heapUsed) / 1024 / at,
      rssBeforeMiB: before.rss / 2 ** 20,
      rssParkedMiB: parked.rss / 2 ** 20,
    };
  }

  async negotiated() {
    return parseNegotiated(await this.#client.read(PATH));
  }

  async close() {
    await this.#client.close();
  }
}

async function sendAtOnce({ send }, count) {
  await Promise.all(Array.from({ length: count }, send));
}

module.exports = { Parking };
