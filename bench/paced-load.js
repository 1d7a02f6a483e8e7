'use strict';

// Starts `rate` requests a second by the clock, whatever has been answered: an open loop. What is
// due in the same millisecond starts together, as timers know no less. The first failure ends it.

// So many that are under way are no load any more, but a queue that grows.
const UNDER_WAY_MAX = 10_000;

class PacedLoad {
  #send;
  #at;
  #rate;
  #meter;
  #beganAt;
  #started = 0;
  #underWay = 0;
  #timer;
  #stopped = false;
  #failure = null;
  #onEnd = () => {};

  constructor(send, { at, rate }, meter) {
    this.#send = send;
    this.#at = at;
    this.#rate = rate;
    this.#meter = meter;
  }

  // Resolves when `at` connections stand, and requests are started on them.
  async start() {
    await Promise.all(Array.from({ length: this.#at }, this.#send));
    this.#beganAt = performance.now();
    this.#beginDue();
  }

  #dueAt(number) {
    return this.#beganAt + (number / this.#rate) * 1e3;
  }

  #beginDue = () => {
    for (;;) {
      if (this.#stopped) return;
      const dueAt = this.#dueAt(this.#started);
      const now = performance.now();
      if (dueAt > now) {
        this.#timer = setTimeout(this.#beginDue, Math.ceil(dueAt - now));
        return;
      }
      this.#begin(now, now - dueAt);
    }
  };

  async #begin(sentAt, lateMs) {
    this.#started += 1;
    this.#underWay += 1;
    try {
      if (this.#underWay > UNDER_WAY_MAX) throw new Error('it falls ever further behind');
      await this.#send();
      this.#meter.record(performance.now() - sentAt, lateMs);
    } catch (error) {
      this.#failure ??= error;
      this.#end();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onEnd();
    }
  }

  #end() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  // Resolves when what is due by now has been answered; rejects with what a request failed of.
  async stop() {
    clearTimeout(this.#timer);
    this.#beginDue();
    this.#end();
    if (this.#underWay > 0) {
      await new Promise((resolve) => {
        this.#onEnd = resolve;
      });
    }
    if (this.#failure) throw this.#failure;
  }
}

module.exports = { PacedLoad };
