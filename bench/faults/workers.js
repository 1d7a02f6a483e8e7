'use strict';

// Worker threads that are terminated while their requests are under way.

const { measureIn, withServers } = require('./processes');

const WORKERS = 200;
const AT = 8;
const DEADLINE_MS = 180_000;
// Long enough to be in its midst when its worker ends.
const LARGE_BYTES = 256 * 2 ** 20;

function measure(client, _way, { seed }) {
  return withServers({ largeBytes: LARGE_BYTES }, (sites) =>
    measureIn(
      'workers',
      client,
      { sites, workers: WORKERS, at: AT, seed },
      { deadlineMs: DEADLINE_MS },
    ),
  );
}

function broken({ terminated, errors, before, after, answered }) {
  const said = [];
  if (terminated !== WORKERS) said.push(`${terminated} workers were terminated`);
  if (errors.length > 0) said.push(`requests failed: ${errors[0]} (of ${errors.length})`);
  for (const what of ['threads', 'descriptors']) {
    if (after[what] > before[what]) {
      said.push(`${after[what]} ${what} are left of ${before[what]}`);
    }
  }
  if (answered !== 2) said.push('no request is answered afterwards');
  return said;
}

module.exports = {
  name: 'workers',
  summary: `${WORKERS} worker threads, ${AT} at a time, terminated in the midst of requests over http and https`,
  promise: 'the process lives, its threads and descriptors are as before, and it is served',
  ways: [{ name: 'http and https' }],
  measure,
  broken,
  columns: [
    { head: 'terminated', of: (f) => f.terminated },
    { head: 'failed before', of: ({ errors }) => errors.length },
    { head: 'threads before', of: ({ before }) => before.threads },
    { head: 'after', of: ({ after }) => after.threads },
    { head: 'descriptors before', of: ({ before }) => before.descriptors },
    { head: 'after', of: ({ after }) => after.descriptors },
    { head: 'then answered', of: (f) => `${f.answered} of 2` },
    { head: 's', of: (f) => f.seconds, digits: 1 },
  ],
};
