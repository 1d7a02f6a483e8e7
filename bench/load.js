'use strict';

// Keeps `at` requests in flight: as many loops, each sending its next request when the response to
// the one before has ended. The first failure stops them all.

class Load {
  #send;
  #at;
  #meter;
  #left = 0;
  #loops = Promise.resolve();

  constructor(send, at, meter) {
    this.#send = send;
    this.#at = at;
    this.#meter = meter;
  }

  // Resolves when every loop has had an answer: all connections stand.
  start() {
    return new Promise((resolve, reject) => {
      let waiting = this.#at;
      this.#launch(Number.POSITIVE_INFINITY, () => {
        waiting -= 1;
        if (waiting === 0) resolve();
      });
      this.#loops.catch(reject);
    });
  }

  // Resolves when `count` requests have been answered; no more are sent.
  async run(count) {
    this.#launch(count);
    await this.#loops;
  }

  #launch(count, onFirstAnswer = () => {}) {
    this.#left = count;
    const loops = Array.from({ length: this.#at }, () => this.#loop(onFirstAnswer));
    this.#loops = Promise.all(loops);
  }

  async #loop(onFirstAnswer) {
    try {
      let first = true;
      while (this.#left > 0) {
        this.#left -= 1;
        const sentAt = performance.now();
        await this.#send();
        this.#meter.record(performance.now() - sentAt);
        if (first) onFirstAnswer();
        first = false;
      }
    } finally {
      this.#left = 0;
    }
  }

  // Resolves when the last response has ended; rejects with what a loop failed of.
  async stop() {
    this.#left = 0;
    await this.#loops;
  }
}

module.exports = { Load };
