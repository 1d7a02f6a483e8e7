'use strict';

// Builds the addon into native/, in a clone and in an installed package alike: nothing but Node and
// cargo is used. Cargo fetches the crates that Cargo.lock names, from the user's own registry.

const fs = require('node:fs');
const path = require('node:path');

const { platformName } = require('../lib/bridge/platforms');
const { cargoArtifact } = require('./cargo');

const ROOT = path.join(__dirname, '..');

/**
 * Builds with `args` of cargo's, by default `--release`, and copies the addon into a folder.
 * Returns its path, or null where cargo failed and has said why.
 */
function build({ into = path.join(ROOT, 'native'), args = ['--release'] } = {}) {
  const name = platformName();
  const artifact = cargoArtifact(
    'oxagent',
    ['rustc', '--locked', '--lib', '--crate-type', 'cdylib', ...args],
    { cwd: ROOT, env: { ...process.env, ...environmentFor(name) } },
  );
  const library = artifact?.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
  if (!library) return null;

  const addon = path.join(into, `oxagent.${name}.node`);
  fs.mkdirSync(into, { recursive: true });
  // Renamed into place: a process that has the old one loaded keeps it.
  const fresh = `${addon}.${process.pid}`;
  fs.copyFileSync(library, fresh);
  fs.renameSync(fresh, addon);
  return addon;
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
