'use strict';

// A value that may hold secrets, on an object that programs print: util.inspect() does not show it.
// It costs less than a WeakMap, and leaves the object's shape as it is.
class Hidden {
  #value;

  constructor(value) {
    this.#value = value;
  }

  reveal() {
    return this.#value;
  }
}

module.exports = { Hidden };
