'use strict';

// A process that runs out of file descriptors.

const { describeFailed } = require('./outcomes');
const { measureIn, withServer } = require('./processes');

const LIMIT = 64;
const DEADLINE_MS = 60_000;

// The shell sets the limit, and is then replaced by node.
const launcher = {
  execPath: '/bin/sh',
  execArgv: ['-c', `ulimit -n ${LIMIT} && exec "$0" "$@"`, process.execPath],
};

const settings = { requests: 200, maxSockets: 20 };

function measure(client, { secure, when }) {
  return withServer(['node'], { secure }, ({ port, ca }) =>
    measureIn(
      'descriptors',
      client,
      { ...settings, secure, port, ca, when },
      { deadlineMs: DEADLINE_MS, launcher },
    ),
  );
}

function broken({ short, oneByOne, limited }) {
  const said = [];
  const { EMFILE: expected = 0, ...others } = short.codes;
  if (Object.keys(others).length > 0) said.push(`not all fail by EMFILE: ${describeFailed(short)}`);
  if (expected === 0) said.push('none has failed: there was no want of descriptors');
  for (const [which, outcomes] of Object.entries({ 'one by one': oneByOne, limited })) {
    if (outcomes.failed > 0) {
      said.push(`no full recovery, ${which}: ${describeFailed(outcomes)} failed`);
    }
  }
  return said;
}

const waysOver = (secure) =>
  ['some left', 'none left'].map((when) => ({
    name: `${secure ? 'https' : 'http'}, ${when}`,
    secure,
    when,
  }));

module.exports = {
  name: 'descriptors',
  summary: `${settings.requests} requests at once under a limit of ${LIMIT} file descriptors; then as many one by one, and ${settings.maxSockets} at once`,
  promise: 'what fails does so by EMFILE, nothing hangs, and all that follow are answered',
  ways: [...waysOver(false), ...waysOver(true)],
  measure,
  broken,
  columns: [
    { head: 'descriptors before', of: (f) => f.before },
    { head: 'answered', of: ({ short }) => short.answered },
    { head: 'failed', of: ({ short }) => describeFailed(short) },
    { head: 'then one by one', of: ({ oneByOne }) => oneByOne.answered },
    { head: 'failed', of: ({ oneByOne }) => describeFailed(oneByOne) },
    { head: `${settings.maxSockets} at once`, of: ({ limited }) => limited.answered },
    { head: 'failed', of: ({ limited }) => describeFailed(limited) },
  ],
};
