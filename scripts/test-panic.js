'use strict';

// Builds the addon once more, with panics that a test can set off, into a package of its own, and
// runs __test__/panic/ against that. The addon in native/ stays as it is.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { build } = require('./build');

const ROOT = path.join(__dirname, '..');
const PACKAGE = path.join(ROOT, 'target', 'panic-injection', 'oxagent');

function run(command, args, env = {}) {
  const options = { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } };
  const { error, status } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

fs.rmSync(PACKAGE, { recursive: true, force: true });
for (const part of ['index.js', 'package.json', 'lib']) {
  fs.cpSync(path.join(ROOT, part), path.join(PACKAGE, part), { recursive: true });
}
if (!build({ into: path.join(PACKAGE, 'native'), args: ['--features', 'panic-injection'] }))
  process.exit(1);
run(
  process.execPath,
  [
    path.join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js'),
    ...['--no-config', '--timeout', '30000', path.join('__test__', 'panic', '*.spec.js')],
  ],
  // All is on the thread that panics: what the event loop carries would outlive it.
  { OXAGENT_PANIC_PACKAGE: PACKAGE, OXAGENT_IO: 'thread', RUST_BACKTRACE: '0' },
);
