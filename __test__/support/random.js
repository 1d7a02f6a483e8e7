'use strict';

// Chance that repeats itself: the same seed gives the same choices.

const MODULUS = 0x7fffffff;

/** The generator of Lehmer. Seeds of up to 10^11. */
function randomOf(seed) {
  let state = (seed * 48271 + 1) % MODULUS;
  const next = () => {
    state = (state * 48271) % MODULUS;
    return state / MODULUS;
  };
  const upTo = (limit) => Math.floor(next() * limit);
  return {
    /** A number of [0, 1). */
    next,
    /** A whole number of [0, limit). */
    upTo,
    one: (list) => list[upTo(list.length)],
    chance: (probability) => next() < probability,
  };
}

module.exports = { randomOf };
