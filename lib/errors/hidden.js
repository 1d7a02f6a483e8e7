'use strict';

// A value that may hold secrets, on an object that programs print: util.inspect() does not show it.
// It costs less than a WeakMap, and leaves the object's shape as it is.
class Hidden {
  #value;

  constructor(value) {
    this.#value = value;
  }

  // Undefined of a copy that a program has made.
  reveal() {
    return #value in this ? this.#value : undefined;
  }
}

module.exports = { Hidden };
