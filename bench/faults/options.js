'use strict';

const { UsageError, parseFlags, wholeNumberIn } = require('../../scripts/flags');
const faults = require('.');

const takesRequests = ({ requests }) => requests !== undefined;

const HELP = `usage: node bench/run.js faults [FAULT...] [options]

faults (all, when none is named)
${Object.values(faults)
  .map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`)
  .join('\n')}

options
  --requests N      requests a way, for ${Object.values(faults)
    .filter(takesRequests)
    .map(({ name }) => name)
    .join(', ')}
  --seed N          of what is done by chance (default 1)
  --json FILE       write every figure as JSON too; - for stdout (the tables then go to stderr)
  --help

It ends with 1 when oxagent does less than is promised.
`;

const FLAGS = {
  requests: { type: 'string' },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
};

// The upper bounds keep a slip of the keyboard from running for a day.
const REQUESTS_MAX = 10_000_000;
const SEED_MAX = 1_000_000;

function readOptions(argv) {
  const { values, positionals } = parseFlags(argv, FLAGS, { allowPositionals: true });
  const unknown = positionals.find((name) => !Object.hasOwn(faults, name));
  if (unknown !== undefined) throw new UsageError(`no fault '${unknown}'`);
  const names = positionals.length > 0 ? positionals : Object.keys(faults);
  const chosen = names.map((name) => faults[name]);
  if (values.requests !== undefined && !chosen.some(takesRequests)) {
    throw new UsageError(`--requests has no part in ${names.join(', ')}`);
  }
  return {
    help: values.help,
    faults: chosen,
    requests:
      values.requests === undefined
        ? undefined
        : wholeNumberIn('requests', values.requests, 1, REQUESTS_MAX),
    seed: wholeNumberIn('seed', values.seed, 1, SEED_MAX),
    json: values.json,
  };
}

module.exports = { HELP, readOptions };
