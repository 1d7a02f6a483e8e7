'use strict';

// Servers whose handshake only Node's TLS could do, by context and origin: the next connection goes
// to it at once.

const { monotonicNow } = require('../originals');

// A server may be mended, or its fault have been a passing one.
const REMEMBERED_MS = 10 * 60 * 1000;

// Origins of one context.
const ORIGINS_MAX = 256;

const byContext = new WeakMap();

// A server is one by where it is, and by the name that it is asked for.
function originOf({ identity, serverName }, { host, port, path }) {
  return JSON.stringify([identity, serverName, host, path ?? port]);
}

function remember(plan, options) {
  let origins = byContext.get(plan.context);
  if (!origins) {
    origins = new Map();
    byContext.set(plan.context, origins);
  }
  if (origins.size >= ORIGINS_MAX) origins.delete(origins.keys().next().value);
  origins.set(originOf(plan, options), monotonicNow() + REMEMBERED_MS);
}

function isRemembered(plan, options) {
  const origins = byContext.get(plan.context);
  if (!origins) return false;
  const origin = originOf(plan, options);
  const until = origins.get(origin);
  if (until === undefined) return false;
  if (monotonicNow() < until) return true;
  origins.delete(origin);
  return false;
}

module.exports = { isRemembered, remember };
