'use strict';

// Who may carry connections: the I/O threads, or JavaScript's own event loop too.

const { inspect } = require('node:util');

const { invalidEnvironment } = require('../errors/node-errors');
const { runtime } = require('../node/runtime');

const MODES = ['auto', 'thread', 'loop'];

/** `OXAGENT_IO`: 'auto' (the default), 'thread' or 'loop'. Elsewhere than in Node it is 'thread'. */
function carrierMode(env) {
  const mode = env.OXAGENT_IO || 'auto';
  if (!MODES.includes(mode)) {
    const allowed = MODES.map((name) => inspect(name)).join(', ');
    throw invalidEnvironment('OXAGENT_IO', `must be one of: ${allowed}. Received ${inspect(mode)}`);
  }
  return runtime === 'node' ? mode : 'thread';
}

module.exports = { carrierMode };
