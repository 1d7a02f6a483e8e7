'use strict';

// Node's own test suite with oxagent in the place of its agents: see `run.js --help`.

const { execFileSync } = require('node:child_process');

const { UsageError } = require('../flags');
const { Output } = require('../output');
const { compare } = require('./compare');
const { HELP, readOptions } = require('./options');
const { describe, summarize } = require('./report');
const { Runner } = require('./runner');
const { readSuite } = require('./suite');

async function main(argv) {
  const options = readOptions(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const files = readSuite(options.tests, options.only);
  if (files.length === 0) throw new UsageError('no file of the suite is asked for');
  const version = execFileSync(options.node, ['--version'], { encoding: 'utf8' }).trim().slice(1);

  const runner = new Runner(options);
  let outcomes;
  try {
    let done = 0;
    outcomes = await compare(files, runner, options.jobs, ({ id, again }) => {
      if (again) return showProgress(`again, alone: ${id}`);
      done++;
      showProgress(`${done} of ${files.length} files`);
    });
  } finally {
    showProgress('');
    runner.end();
  }

  const summary = { node: version, ...summarize(outcomes) };
  const output = new Output(options.json);
  output.print(describe(summary, version));
  output.writeRecord({ ...summary, outcomes });
  if (summary.differences.length > 0 || summary.knownButPassed.length > 0) process.exitCode = 1;
}

// On a terminal alone: a log needs no line that is overwritten.
function showProgress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

main(process.argv.slice(2)).catch((error) => {
  const text = error instanceof UsageError ? `${error.message}\n\n${HELP}` : `${error.stack}\n`;
  process.stderr.write(`conformance: ${text}`);
  process.exitCode = 1;
});
