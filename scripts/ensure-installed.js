'use strict';

// Brings the packages of a folder that is a package of its own into its node_modules, so that the
// addon itself is installed, tested and published without any of them. Nothing that they would run
// when they are installed is run.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

function installedVersion(folder, name) {
  try {
    // Read, not required: `exports` of a package may well hide its package.json.
    const manifest = path.join(folder, 'node_modules', name, 'package.json');
    return JSON.parse(fs.readFileSync(manifest, 'utf8')).version;
  } catch {
    return null;
  }
}

function missingDependencies(folder) {
  const { dependencies } = require(path.join(folder, 'package.json'));
  return Object.keys(dependencies).filter((name) => {
    // A package by another name is 'npm:its-own-name@version'.
    const [version] = dependencies[name].split('@').slice(-1);
    return installedVersion(folder, name) !== version;
  });
}

function ensureInstalled(folder) {
  const missing = missingDependencies(folder);
  if (missing.length === 0) return;

  const where = path.relative(ROOT, folder);
  process.stderr.write(`${where}: installing ${missing.join(', ')} (npm ci --prefix ${where})\n`);
  const { status, error } = spawnSync(
    'npm',
    [
      ...['ci', '--prefix', where, '--ignore-scripts', '--include=optional'],
      ...['--no-audit', '--no-fund', '--loglevel=error'],
    ],
    {
      cwd: ROOT,
      // npm's own words go to stderr: stdout may be the JSON that somebody pipes on.
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32', // npm is a .cmd there, which only a shell can start.
    },
  );
  if (error || status !== 0) {
    const cause = error ? error.message : `npm ended with ${status}`;
    throw new Error(`the packages of ${where} could not be installed: ${cause}`);
  }
}

module.exports = { ensureInstalled, installedVersion };
