'use strict';

// The server's `Keep-Alive: timeout=5, max=100` header (RFC 2068, 19.7.1.1): how long it leaves an
// idle connection open, and how many more requests it takes on it.

const { DURATION_MAX_MS } = require('./agent-options');

const NAME = 'keep-alive';

const TIMEOUT = /^timeout=(\d+)/;
const MAX = /(?:^|[\s,;])max=(\d+)(?![\w.])/;

// Some servers count the response that says so, and some do not.
const REQUESTS_MARGIN = 1;

// Milliseconds that a connection may stay idle after this response: `buffer` less than the server
// said, so that ours ends first. Negative where the server said nothing.
function idleLifetime(res, buffer) {
  const seconds = TIMEOUT.exec(hintOf(res))?.[1];
  if (seconds === undefined) return -1;
  const lifetime = Number.parseInt(seconds, 10) * 1000 - buffer;
  return Math.min(Math.max(0, lifetime), DURATION_MAX_MS);
}

// Whether the server takes no request after this response, by what it said.
function isLastResponse(res) {
  const requests = MAX.exec(hintOf(res))?.[1];
  return requests !== undefined && Number.parseInt(requests, 10) <= REQUESTS_MARGIN;
}

// Empty where there is none. The raw headers are there anyway; `headers` is made when it is asked
// for.
function hintOf(res) {
  const raw = res?.rawHeaders;
  if (!raw) return '';
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i].length === NAME.length && raw[i].toLowerCase() === NAME) {
      return res.headers[NAME] ?? '';
    }
  }
  return '';
}

module.exports = { idleLifetime, isLastResponse };
