'use strict';

// The agent's options that Node's has not: the bounds of its connections and of its queue. All are
// off unless they are given. They are read when the agent is made, and what is wrong with one is said
// as Node says it.

const { argumentOutOfRange, argumentNotNumber } = require('./errors');

// What a timer takes: some 24 days.
const DURATION_MAX_MS = 0x7fffffff;

const COUNT_MAX = 0xfffffffe;

const duration = { least: 1, most: DURATION_MAX_MS, whole: false };

const BOUNDS = {
  // How long a parked connection stays.
  freeSocketTimeout: duration,
  // How long a connection takes new requests after its connect has begun.
  socketTTL: duration,
  // How many requests a connection serves.
  maxRequestsPerSocket: { least: 1, most: COUNT_MAX, whole: true },
  // How many requests may wait.
  maxQueue: { least: 0, most: COUNT_MAX, whole: true },
  // How long a request may wait.
  queueTimeout: duration,
  // How long a connection may take to be made: lookup, TCP and TLS.
  connectTimeout: duration,
};

// By the options' names; undefined where there is no bound.
function readBounds(options) {
  const bounds = {};
  for (const [name, range] of Object.entries(BOUNDS)) {
    bounds[name] = readBound(name, options[name], range);
  }
  return bounds;
}

function readBound(name, value, { least, most, whole }) {
  if (value === undefined || value === Infinity) return undefined;
  if (typeof value !== 'number') throw argumentNotNumber(name, value);
  if (whole && !Number.isInteger(value)) throw argumentOutOfRange(name, 'an integer', value);
  if (!(value >= least && value <= most)) {
    throw argumentOutOfRange(name, `>= ${least} && <= ${most}`, value);
  }
  return value;
}

module.exports = { DURATION_MAX_MS, readBounds };
