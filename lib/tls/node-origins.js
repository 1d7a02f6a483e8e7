'use strict';

// Which TLS a server needs, by context and origin: the next connection to one that only Node's
// could serve goes to that at once.

const { monotonicNow } = require('../node/originals');

// A server may be mended, or its fault have been a passing one.
const REMEMBERED_MS = 10 * 60 * 1000;

// Origins of one context.
const ORIGINS_MAX = 256;

// When what is known of a server is of no use any more, by origin; for those that Node's TLS is to
// serve, and those that rustls has served.
const byNode = new WeakMap();
const byRustls = new WeakMap();

// A server is one by where it is, and by the name that it is asked for.
function originOf({ identity, serverName }, { host, port, path }) {
  return JSON.stringify([identity, serverName, host, path ?? port]);
}

function remember(plan, options) {
  keep(byNode, plan, options);
}

// rustls has served it: if it goes away once, that is by chance.
function noteServed(plan, options) {
  keep(byRustls, plan, options);
}

// Node's TLS has served a server that went away from rustls. Only where that has never served it,
// or it is the second time in a row, is that a reason.
function rememberGone(plan, options) {
  if (isKept(byRustls, plan, options)) byRustls.get(plan.context).delete(originOf(plan, options));
  else remember(plan, options);
}

function isRemembered(plan, options) {
  return isKept(byNode, plan, options);
}

function keep(byContext, plan, options) {
  let origins = byContext.get(plan.context);
  if (!origins) {
    origins = new Map();
    byContext.set(plan.context, origins);
  }
  const origin = originOf(plan, options);
  // The last one heard of is the last to go.
  origins.delete(origin);
  if (origins.size >= ORIGINS_MAX) origins.delete(origins.keys().next().value);
  origins.set(origin, monotonicNow() + REMEMBERED_MS);
}

function isKept(byContext, plan, options) {
  const origins = byContext.get(plan.context);
  if (!origins) return false;
  const origin = originOf(plan, options);
  const until = origins.get(origin);
  if (until === undefined) return false;
  if (monotonicNow() < until) return true;
  origins.delete(origin);
  return false;
}

module.exports = { isRemembered, noteServed, remember, rememberGone };
