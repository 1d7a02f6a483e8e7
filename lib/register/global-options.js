'use strict';

// Options of the global agents, from the environment: what JSON can say, and only what is known, as
// nobody would notice a slip of the keyboard otherwise.

const { inspect } = require('node:util');

const { COUNT_MAX, DURATION_MAX_MS } = require('../agent/options');
const errors = require('../errors/node-errors');

const VARIABLE = 'OXAGENT_OPTIONS';

const boolean = {
  expected: 'true or false',
  fits: (value) => typeof value === 'boolean',
};
const string = {
  expected: 'a string',
  fits: (value) => typeof value === 'string' && value !== '',
};
const integer = (min, max = Number.MAX_SAFE_INTEGER) => ({
  expected:
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`,
  fits: (value) => Number.isInteger(value) && value >= min && value <= max,
});
const oneOf = (...values) => ({
  expected: `one of ${values.map((value) => inspect(value)).join(', ')}`,
  fits: (value) => values.includes(value),
});

const KNOWN = {
  __proto__: null,
  keepAlive: boolean,
  keepAliveMsecs: integer(0, DURATION_MAX_MS),
  maxSockets: integer(1),
  maxTotalSockets: integer(1),
  maxFreeSockets: integer(0),
  scheduling: oneOf('lifo', 'fifo'),
  timeout: integer(0, DURATION_MAX_MS),
  noDelay: boolean,
  agentKeepAliveTimeoutBuffer: integer(0, DURATION_MAX_MS),
  family: oneOf(0, 4, 6),
  localAddress: string,
  autoSelectFamily: boolean,
  autoSelectFamilyAttemptTimeout: integer(1, DURATION_MAX_MS),
  replay: boolean,
  replayLimit: integer(0),
  freeSocketTimeout: integer(1, DURATION_MAX_MS),
  socketTTL: integer(1, DURATION_MAX_MS),
  maxRequestsPerSocket: integer(1, COUNT_MAX),
  maxQueue: integer(0, COUNT_MAX),
  queueTimeout: integer(1, DURATION_MAX_MS),
  connectTimeout: integer(1, DURATION_MAX_MS),
  transportWarning: boolean,
  // Of https: alone; http: has no use for them.
  transport: oneOf('auto', 'rustls', 'node'),
  maxCachedSessions: integer(0),
  minVersion: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  maxVersion: oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'),
  ciphers: string,
};

function readGlobalOptions(env) {
  const text = env[VARIABLE];
  if (text === undefined || text === '') return {};
  let options;
  try {
    options = JSON.parse(text);
  } catch (cause) {
    throw errors.invalidEnvironment(VARIABLE, `must be a JSON object: ${cause.message}`);
  }
  if (options === null || typeof options !== 'object' || Array.isArray(options)) {
    throw errors.invalidEnvironment(VARIABLE, `must be a JSON object. Received ${text}`);
  }
  for (const [name, value] of Object.entries(options)) {
    const kind = KNOWN[name];
    if (kind === undefined) {
      const names = Object.keys(KNOWN).join(', ');
      throw errors.invalidEnvironment(VARIABLE, `has no option '${name}'. It has ${names}`);
    }
    if (!kind.fits(value)) {
      const received = JSON.stringify(value);
      const problem = `must have ${kind.expected} for '${name}'. Received ${received}`;
      throw errors.invalidEnvironment(VARIABLE, problem);
    }
  }
  return options;
}

module.exports = { readGlobalOptions };
