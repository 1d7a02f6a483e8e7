'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Why there is no cargo to build with, in lines for a terminal; null where there is one. */
function whyNoCargo(cwd) {
  const { error, status } = spawnSync('cargo', ['--version'], { cwd });
  if (!error && status === 0) return null;
  const home = process.env.CARGO_HOME || path.join(os.homedir(), '.cargo');
  if (error && fs.existsSync(path.join(home, 'bin', 'cargo'))) {
    return [
      `cargo is in ${path.join(home, 'bin')}, but that directory is not on your PATH.`,
      `Run \`. "${path.join(home, 'env')}"\` (or open a new shell) and try again.`,
    ];
  }
  return [
    error
      ? 'cargo was not found: the addon is written in Rust and is built on this machine.'
      : 'cargo is on the PATH but does not run (`cargo --version` failed).',
    'Install a Rust toolchain from https://rustup.rs (and a C linker, `cc`), then try again.',
  ];
}

/**
 * Runs `cargo <command> <args>`, and returns what it tells of the artifact that it has made of the
 * target `name`: its `filenames`, and the `executable` of a program. Their folder is the user's to
 * choose. Null where cargo failed and has said why.
 */
function cargoArtifact(name, [command, ...args], { cwd, env = process.env }) {
  const { error, status, stdout } = spawnSync(
    'cargo',
    [command, '--message-format=json-render-diagnostics', ...args],
    { cwd, env, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: Infinity },
  );
  if (error || status !== 0) return null;
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{')) continue;
    const message = JSON.parse(line);
    if (message.reason === 'compiler-artifact' && message.target.name === name) return message;
  }
  return null;
}

module.exports = { cargoArtifact, whyNoCargo };
