'use strict';

// Brings the peers of the comparison into bench/node_modules. The bench is a package of its own so
// that the addon itself is installed, tested and published without any of them.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { dependencies } = require('./package.json');

function installedVersion(name) {
  try {
    // Read, not required: `exports` of a package may well hide its package.json.
    const manifest = path.join(__dirname, 'node_modules', name, 'package.json');
    return JSON.parse(fs.readFileSync(manifest, 'utf8')).version;
  } catch {
    return null;
  }
}

function missingDependencies() {
  return Object.keys(dependencies).filter((name) => installedVersion(name) !== dependencies[name]);
}

function ensureInstalled() {
  const missing = missingDependencies();
  if (missing.length === 0) return;

  process.stderr.write(`bench: installing ${missing.join(', ')} (npm ci --prefix bench)\n`);
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--prefix', 'bench', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: path.dirname(__dirname),
      // npm's own words go to stderr: stdout may be the JSON that somebody pipes on.
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32', // npm is a .cmd there, which only a shell can start.
    },
  );
  if (error || status !== 0) {
    const cause = error ? error.message : `npm ended with ${status}`;
    throw new Error(`the bench could not install what it compares with: ${cause}`);
  }
}

module.exports = { ensureInstalled, installedVersion };
