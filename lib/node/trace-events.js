'use strict';

// Whether somebody records the trace events of connections or lookups.

const { runtime } = require('./runtime');

// What Node writes them under.
const CATEGORIES = ['node', 'node.net', 'node.net.native', 'node.dns', 'node.dns.native'];

// Null where nobody can ask.
let events = runtime === 'node' ? undefined : null;
let seen;
let isSeenTraced = false;

function isTraced() {
  if (events === undefined) events = load();
  const enabled = events?.getEnabledCategories();
  if (enabled !== seen) {
    seen = enabled;
    isSeenTraced = enabled?.split(',').some((one) => CATEGORIES.includes(one)) ?? false;
  }
  return isSeenTraced;
}

// Workers have none, and a Node may be built without.
function load() {
  try {
    return require('node:trace_events');
  } catch (error) {
    if (error.code === 'ERR_TRACE_EVENTS_UNAVAILABLE') return null;
    throw error;
  }
}

module.exports = { isTraced };
