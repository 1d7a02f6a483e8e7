'use strict';

// The runtime's own permission model: whether this process may use the network. Where it may not,
// or not wholly, the runtime's transport decides of each connection, and refuses it in its own
// words.

const process = require('node:process');

const { deno } = require('./runtime');

// Node's, where it is on and knows of the network. Its audit says no too, and lets pass.
const { permission } = process;
const ask =
  permission && process.allowedNodeEnvironmentFlags.has('--allow-net')
    ? permission.has.bind(permission, 'net')
    : null;

// A permission may be given up at any time.
function mayConnect() {
  if (ask !== null) return ask();
  if (!deno) return true;
  const { state, partial } = deno.permissions.querySync({ name: 'net' });
  return state === 'granted' && !partial;
}

module.exports = { mayConnect };
