'use strict';

// The server's `Keep-Alive: timeout=5` header (RFC 2068, 19.7.1.1): how long it leaves an idle
// connection open.

// What a timer takes: some 24 days.
const LIFETIME_MAX_MS = 0x7fffffff;

const TIMEOUT = /^timeout=(\d+)/;

// Milliseconds that a connection may stay idle after this response: `buffer` less than the server
// said, so that ours ends first. Negative where the server said nothing.
function idleLifetime(res, buffer) {
  const header = res?.headers['keep-alive'];
  if (!header) return -1;
  const seconds = TIMEOUT.exec(header)?.[1];
  if (seconds === undefined) return -1;
  const lifetime = Number.parseInt(seconds, 10) * 1000 - buffer;
  return Math.min(Math.max(0, lifetime), LIFETIME_MAX_MS);
}

module.exports = { idleLifetime };
