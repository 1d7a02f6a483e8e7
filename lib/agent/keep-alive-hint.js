'use strict';

// The server's `Keep-Alive: timeout=5, max=100` header (RFC 2068, 19.7.1.1): how long it leaves an
// idle connection open, and how many more requests it takes on it.

const { DURATION_MAX_MS } = require('./options');

const NAME = 'keep-alive';

const TIMEOUT = /^timeout=(\d+)/;
const MAX = /(?:^|[\s,;])max=(\d+)(?![\w.])/;

// Some servers count the response that says so, and some do not.
const REQUESTS_MARGIN = 1;

const NOTHING = { text: '', seconds: undefined, requests: undefined };

let last = NOTHING;

// Milliseconds that a connection may stay idle after this response: `buffer` less than the server
// said, so that ours ends first. Undefined where the server said nothing.
function idleLifetime(res, buffer) {
  const { seconds } = hintOf(res);
  if (seconds === undefined) return undefined;
  const lifetime = seconds * 1000 - buffer;
  return Math.min(Math.max(0, lifetime), DURATION_MAX_MS);
}

// Whether the server takes no request after this response, by what it said.
function isLastResponse(res) {
  const { requests } = hintOf(res);
  return requests !== undefined && requests <= REQUESTS_MARGIN;
}

// What the response says. The raw headers are there anyway; `headers` is made when it is asked for.
function hintOf(res) {
  const raw = res?.rawHeaders;
  if (!raw) return NOTHING;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i].length === NAME.length && raw[i].toLowerCase() === NAME) {
      return read(res.headers[NAME] ?? '');
    }
  }
  return NOTHING;
}

// A server mostly says the same as the last time.
function read(text) {
  if (last.text !== text) {
    last = { text, seconds: numberIn(text, TIMEOUT), requests: numberIn(text, MAX) };
  }
  return last;
}

function numberIn(text, pattern) {
  const match = pattern.exec(text);
  return match ? Number.parseInt(match[1], 10) : undefined;
}

module.exports = { idleLifetime, isLastResponse };
