'use strict';

// What is found by dates, and is the same until one of these passes.

const { wallNow } = require('../node/originals');

/** The time of a look at certificates, and when the next of their dates comes. */
class Moment {
  #now;

  constructor(now) {
    this.#now = now;
    this.until = Number.POSITIVE_INFINITY;
  }

  /** Whether it lies between two dates, both of them included. */
  isWithin(from, to) {
    const now = this.#now;
    if (from > now) this.#endBy(from);
    if (to >= now) this.#endBy(to + 1);
    return from <= now && now <= to;
  }

  #endBy(date) {
    if (date < this.until) this.until = date;
  }
}

/** What `find(moment)` returns, found anew when it may be something else. */
class Dated {
  #find;
  #value;
  // None yet.
  #from = Number.POSITIVE_INFINITY;
  #until = Number.NEGATIVE_INFINITY;

  constructor(find) {
    this.#find = find;
  }

  at(now = wallNow()) {
    // The clock may have been put back.
    if (now < this.#from || now >= this.#until) {
      const moment = new Moment(now);
      this.#value = this.#find(moment);
      this.#from = now;
      this.#until = moment.until;
    }
    return this.#value;
  }
}

module.exports = { Dated, Moment };
