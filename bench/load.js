'use strict';

// Keeps `at` requests in flight: as many loops, each sending its next request when the response to
// the one before has ended. The first failure stops them all.

class Load {
  #send;
  #at;
  #meter;
  #stopped = true;
  #loops = Promise.resolve();

  constructor(send, at, meter) {
    this.#send = send;
    this.#at = at;
    this.#meter = meter;
  }

  // Resolves when every loop has had an answer: all connections stand.
  start() {
    this.#stopped = false;
    return new Promise((resolve, reject) => {
      let left = this.#at;
      const onFirstAnswer = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      const loops = Array.from({ length: this.#at }, () => this.#loop(onFirstAnswer));
      this.#loops = Promise.all(loops);
      this.#loops.catch(reject);
    });
  }

  async #loop(onFirstAnswer) {
    try {
      let first = true;
      while (!this.#stopped) {
        const sentAt = performance.now();
        await this.#send();
        this.#meter.record(performance.now() - sentAt);
        if (first) onFirstAnswer();
        first = false;
      }
    } finally {
      this.#stopped = true;
    }
  }

  // Resolves when the last response has ended; rejects with what a loop failed of.
  async stop() {
    this.#stopped = true;
    await this.#loops;
  }
}

module.exports = { Load };
