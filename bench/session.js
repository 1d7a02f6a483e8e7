'use strict';

// One round of one client: warm-up, measured window, and the pool closed again. The pool is new in
// each round, so that no client's idle connections, which time out after different times in
// different libraries, are there during the window of another.

const { setTimeout: delay } = require('node:timers/promises');

const { Load } = require('./load');
const { Meter } = require('./meter');
const { PATH, parseNegotiated } = require('./negotiated');
const { PacedLoad } = require('./paced-load');

class Session {
  #scenario;
  #client;
  #load;
  #meter;

  constructor(library, target) {
    this.#scenario = target.scenario;
    this.#client = library.connect(target);
    this.#meter = new Meter({ loopDelay: target.scenario.loopDelay });
    this.#load =
      target.rate === undefined
        ? new Load(this.#client.send, target.at, this.#meter)
        : new PacedLoad(this.#client.send, target, this.#meter);
  }

  get #bytesPerRequest() {
    return this.#scenario.request.bodyBytes ?? this.#scenario.response.bytes;
  }

  async warmUp(seconds) {
    const answered = this.#load.start();
    await Promise.all([answered, delay(seconds * 1e3)]);
    if (this.#scenario.whole) await this.#load.stop();
  }

  async measure(seconds) {
    if (this.#scenario.whole) {
      // From the start of one request to the end of another.
      this.#meter.begin();
      if (this.#scenario.requests !== undefined) {
        await this.#load.run(this.#scenario.requests);
      } else {
        await Promise.all([this.#load.start(), delay(seconds * 1e3)]);
        await this.#load.stop();
      }
      return this.#meter.end({ bytesPerRequest: this.#bytesPerRequest });
    }
    const figures = await this.slice(seconds);
    await this.stop();
    return figures;
  }

  // Out of a load that runs before and after it, so that neither a start nor an end in which fewer
  // requests are in flight is part of it.
  async slice(seconds) {
    this.#meter.begin();
    await delay(seconds * 1e3);
    return this.#meter.end({ bytesPerRequest: this.#bytesPerRequest });
  }

  stop() {
    return this.#load.stop();
  }

  async negotiated() {
    return parseNegotiated(await this.#client.read(PATH));
  }

  async close() {
    await this.#client.close();
  }
}

module.exports = { Session };
