'use strict';

// process.exit() while requests are under way.

const { randomOf } = require('../../__test__/support/random');
const { runProgram } = require('./program');
const { withServers } = require('./processes');

const TIMES = 50;
const LONGEST_MS = 50;
const DEADLINE_MS = 20_000;
const LARGE_BYTES = 256 * 2 ** 20;

function measure(client, _way, { seed }) {
  return withServers({ largeBytes: LARGE_BYTES }, async (sites) => {
    const random = randomOf(seed);
    const figures = { times: 0, asAsked: 0, otherwise: [] };
    for (; figures.times < TIMES; figures.times += 1) {
      // Never 0 or 1, with which a process ends by other causes.
      const asked = 2 + figures.times;
      const settings = { client, sites, asked, afterMs: random.next() * LONGEST_MS };
      const { code, signal, stdout } = await runProgram('process-exit', settings, DEADLINE_MS);
      if (code === asked) figures.asAsked += 1;
      else figures.otherwise.push(`${signal ?? code} ${stdout ? 'in' : 'before'} process.exit()`);
    }
    return figures;
  });
}

function broken({ times, asAsked, otherwise }) {
  if (asAsked === times) return [];
  return [`${times - asAsked} of ${times} ended with ${otherwise.join(', ')}`];
}

module.exports = {
  name: 'process-exit',
  summary: `process.exit() within ${LONGEST_MS} ms, in the midst of requests over http and https`,
  promise: 'each process ends with the code that was asked for',
  ways: [{ name: 'http and https' }],
  measure,
  broken,
  columns: [
    { head: 'processes', of: (f) => f.times },
    { head: 'ended as asked', of: (f) => f.asAsked },
    {
      head: 'otherwise',
      of: ({ otherwise }) => (otherwise.length > 0 ? otherwise.join(', ') : '0'),
    },
  ],
};
