'use strict';

// The agent's options that Node's has not: the bounds of its connections and of its queue, off
// unless they are given, and what is replayed. They are read when the agent is made, and what is
// wrong with one is said as Node says it.

const { invalidArgType, outOfRange } = require('../errors/node-errors');

// What a timer takes: some 24 days.
const DURATION_MAX_MS = 0x7fffffff;

const COUNT_MAX = 0xfffffffe;

const REPLAY_LIMIT_BYTES = 64 * 1024;

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

const REPLAY_LIMIT = { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true };

// By the options' names; undefined where there is no bound.
function readBounds(options) {
  const bounds = {};
  for (const [name, range] of Object.entries(BOUNDS)) {
    bounds[name] = readBound(name, options[name], range);
  }
  return bounds;
}

function readBound(name, value, range) {
  if (value === undefined || value === Infinity) return undefined;
  return readNumber(name, value, range);
}

// Bytes that are held of a request, so that it can be sent again; 0 where none is.
function readReplayLimit({ replay = true, replayLimit = REPLAY_LIMIT_BYTES }) {
  if (typeof replay !== 'boolean') throw invalidArgType('replay', 'boolean', replay);
  const bytes = readNumber('replayLimit', replayLimit, REPLAY_LIMIT);
  return replay ? bytes : 0;
}

// Whether it is told when connections are Node's although no option asks for that.
function readTransportWarning({ transportWarning = true }) {
  if (typeof transportWarning === 'boolean') return transportWarning;
  throw invalidArgType('transportWarning', 'boolean', transportWarning);
}

function readNumber(name, value, { least, most, whole }) {
  if (typeof value !== 'number') throw invalidArgType(name, 'number', value);
  if (whole && !Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (!(value >= least && value <= most)) {
    throw outOfRange(name, `>= ${least} && <= ${most}`, value);
  }
  return value;
}

module.exports = {
  COUNT_MAX,
  DURATION_MAX_MS,
  readBounds,
  readReplayLimit,
  readTransportWarning,
};
