'use strict';

// Runs under valgrind what crosses between JavaScript and Rust: the Rust tests of `bridge` and
// `net`, then Node itself with the addon in native/. Ends non-zero where valgrind has found an
// error, or in the Rust tests a leak.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

function run(command, args, stdio = 'inherit') {
  const options = { cwd: ROOT, stdio, encoding: 'utf8', maxBuffer: Infinity };
  const { error, status, stdout } = spawnSync(command, args, options);
  if (error?.code === 'ENOENT') {
    console.error(`${command} was not found; this check needs it.`);
    process.exit(1);
  }
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

function valgrind(args) {
  run('valgrind', ['--error-exitcode=9', '--quiet', ...args]);
}

// The test programs of the library, one of which cargo has just built.
function testProgram() {
  const args = ['test', '--lib', '--no-run', '--message-format=json'];
  const messages = run('cargo', args, ['ignore', 'pipe', 'inherit']).trim().split('\n');
  const programs = messages.map((line) => JSON.parse(line).executable).filter(Boolean);
  if (programs.length !== 1) throw new Error(`one test program was expected: ${programs}`);
  return programs[0];
}

const leaks = ['--leak-check=full', '--show-leak-kinds=definite'];
valgrind([
  ...[...leaks, '--errors-for-leak-kinds=definite'],
  ...[testProgram(), 'bridge::', 'net::', '--test-threads=1'],
]);
// V8 gives back little when it ends: what is left is no leak of ours.
valgrind(['--leak-check=no', process.execPath, path.join('__test__', 'memory', 'smoke.js')]);
