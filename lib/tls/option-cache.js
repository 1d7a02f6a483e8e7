'use strict';

// What was made from a set of option values, found again by the values' identity. The values hold
// keys and passphrases: they stay within.
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
      if (!isSame(entry.values, values)) continue;
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
    this.#entries.unshift({ values, made });
    if (this.#entries.length > this.#max) this.#entries.pop();
  }
}

function isSame(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

// They mark what is more than one value, so that no two sets of options give the same list.
const LIST = Symbol('list');
const PAIR = Symbol('pair');

/**
 * Adds an option's value to a list of values. An array is added by its elements, so that one that
 * has grown is seen, and a key with a passphrase of its own by both.
 */
function addValue(values, value) {
  if (!Array.isArray(value)) {
    values.push(value);
    return;
  }
  values.push(LIST, value.length);
  for (const element of value) {
    if (element?.pem === undefined) values.push(element);
    else values.push(PAIR, element.pem, element.passphrase);
  }
}

module.exports = { OptionCache, addValue };
