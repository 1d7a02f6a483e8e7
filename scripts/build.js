'use strict';

// Builds the addon into native/, in a clone and in an installed package alike: nothing but Node and
// cargo is used. Cargo fetches the crates that Cargo.lock names, from the user's own registry.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { platformName } = require('../lib/bridge/platforms');

const ROOT = path.join(__dirname, '..');

/**
 * Builds with `args` of cargo's, by default `--release`, and copies the addon into a folder. Returns
 * its path, or null where cargo failed and has said why.
 */
function build({ into = path.join(ROOT, 'native'), args = ['--release'] } = {}) {
  const name = platformName();
  const { error, status, stdout } = spawnSync(
    'cargo',
    [
      ...['rustc', '--locked', '--lib', '--crate-type', 'cdylib'],
      ...['--message-format=json-render-diagnostics', ...args],
    ],
    {
      cwd: ROOT,
      env: { ...process.env, ...environmentFor(name) },
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      maxBuffer: Infinity,
    },
  );
  const library = !error && status === 0 && libraryIn(stdout);
  if (!library) return null;

  const addon = path.join(into, `oxagent.${name}.node`);
  fs.mkdirSync(into, { recursive: true });
  // Renamed into place: a process that has the old one loaded keeps it.
  const fresh = `${addon}.${process.pid}`;
  fs.copyFileSync(library, fresh);
  fs.renameSync(fresh, addon);
  return addon;
}

/** Where cargo has put the library: its folder is the user's to choose. */
function libraryIn(messages) {
  for (const line of messages.split('\n')) {
    if (!line.startsWith('{')) continue;
    const { reason, target, filenames } = JSON.parse(line);
    if (reason !== 'compiler-artifact' || target.name !== 'oxagent') continue;
    const library = filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
    if (library) return library;
  }
  return null;
}

function environmentFor(name) {
  const { AWS_LC_SYS_PREBUILT_NASM = '1', RUSTFLAGS = '' } = process.env;
  // Rust links musl into what it builds, and then can't build a shared library.
  if (name.endsWith('-musl')) {
    return { RUSTFLAGS: `${RUSTFLAGS} -C target-feature=-crt-static`.trim() };
  }
  // Where there is no NASM: the objects that aws-lc's crate brings.
  return process.platform === 'win32' ? { AWS_LC_SYS_PREBUILT_NASM } : {};
}

if (require.main === module) {
  // `npm run build -- --features name`
  if (!build({ args: ['--release', ...process.argv.slice(2)] })) process.exitCode = 1;
}

module.exports = { build };
