'use strict';

const { isStill, remembered } = require('./option-values');

// What was made from a list of option values, found again by the values. They hold keys and
// passphrases: they stay within.
class OptionCache {
  #entries = [];
  #max;

  constructor(max) {
    this.#max = max;
  }

  /** What was kept for these values, or undefined. */
  find(values) {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      if (!areStill(entry.values, values)) continue;
      if (i > 0) {
        // Programs use few sets, and the last one most.
        this.#entries.splice(i, 1);
        this.#entries.unshift(entry);
      }
      return entry.made;
    }
    return undefined;
  }

  keep(values, made) {
    this.#entries.unshift({ values: values.map(remembered), made });
    if (this.#entries.length > this.#max) this.#entries.pop();
  }
}

function areStill(known, values) {
  if (known.length !== values.length) return false;
  for (let i = 0; i < known.length; i++) {
    if (!isStill(known[i], values[i])) return false;
  }
  return true;
}

module.exports = { OptionCache };
