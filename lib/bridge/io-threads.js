'use strict';

// How many I/O threads the process is to have. The first environment that loads the addon decides.

const { inspect } = require('node:util');

const errors = require('../errors/node-errors');

const VARIABLE = 'OXAGENT_IO_THREADS';

// One serves most programs. More threads than a large machine has cores serve nobody.
const DEFAULT = 1;
const MAX = 64;

function readIoThreads(env) {
  const text = env[VARIABLE];
  if (text === undefined || text === '') return DEFAULT;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX) return count;
  const problem = `must be a whole number from 1 to ${MAX}. Received ${inspect(text)}`;
  throw errors.invalidEnvironment(VARIABLE, problem);
}

module.exports = { readIoThreads };
