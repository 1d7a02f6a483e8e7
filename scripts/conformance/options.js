'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { UsageError, digitsIn, parseFlags } = require('../flags');

const HELP = `usage: npm run conformance -- --suite FOLDER [options]

Runs the files of Node's own test suite that are about its HTTP client, its agents and async hooks,
each with the plain Node and with oxagent/register, and prints those that only the plain Node passes.

options
  --suite FOLDER    a checkout of Node's sources, or its test folder
  --node BINARY     the Node to run them with (default: the one that runs this)
  --only PATTERN    files whose path under the test folder matches this regular expression
  --jobs N          files at once, 1 to 64 (default: what the machine has cores for)
  --seconds N       a file that takes longer has failed, 1 to 3600 (default 120)
  --json FILE       write the outcome of every file too; - for stdout (the report then goes to stderr)
  --help
`;

const FLAGS = {
  suite: { type: 'string' },
  node: { type: 'string', default: process.execPath },
  only: { type: 'string', default: '' },
  jobs: { type: 'string', default: String(Math.min(64, os.availableParallelism())) },
  seconds: { type: 'string', default: '120' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
};

function readOptions(argv) {
  const { values } = parseFlags(argv, FLAGS);
  if (values.help) return { help: true };
  if (!values.suite) throw new UsageError('--suite FOLDER is needed');
  return {
    tests: testsFolder(path.resolve(values.suite)),
    node: binary(values.node),
    only: pattern(values.only),
    jobs: digitsIn('jobs', values.jobs, 1, 64),
    seconds: digitsIn('seconds', values.seconds, 1, 3600),
    json: values.json,
  };
}

function testsFolder(folder) {
  const candidates = [path.join(folder, 'test'), folder];
  const found = candidates.find((one) => fs.existsSync(path.join(one, 'common', 'index.js')));
  if (found) return found;
  throw new UsageError(`--suite: no test/common/index.js of Node's in ${folder}`);
}

// A name without a slash is one of the PATH.
function binary(name) {
  if (!/[\\/]/.test(name)) return name;
  const file = path.resolve(name);
  if (!fs.existsSync(file)) throw new UsageError(`--node: there is no ${file}`);
  return file;
}

function pattern(text) {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--only: ${error.message}`);
  }
}

module.exports = { HELP, readOptions };
