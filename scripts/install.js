'use strict';

// What `npm install oxagent` and `npm rebuild oxagent` run. Where the platform's package is there
// it does nothing; elsewhere it builds the addon from the sources in this package. It downloads
// nothing itself and fails where neither is possible.

const fs = require('node:fs');
const path = require('node:path');

const { build } = require('./build');
const { whyNoCargo } = require('./cargo');

const ROOT = path.join(__dirname, '..');
const TARGET = path.join(ROOT, 'target');

function main() {
  const missing = tryAddon();
  if (!missing) return;

  const problem = whyNoCargo(ROOT);
  if (problem) return fail(missing.message, ...problem);

  say('no addon for this platform is installed: building it (minutes)');
  const kept = fs.existsSync(TARGET);
  const built = build();
  // Hundreds of megabytes that nobody would look for in node_modules.
  if (!kept) fs.rmSync(TARGET, { recursive: true, force: true });
  if (!built) return fail('the build failed, see above.', missing.message);
  const broken = tryAddon();
  if (broken) return fail(broken.message);
  say(`built ${built}`);
}

/** The error that says why there is no addon, or null. */
function tryAddon() {
  try {
    require('../lib/bridge/native');
    return null;
  } catch (error) {
    if (error.code !== 'OXAGENT_NO_ADDON') throw error;
    return error;
  }
}

function say(text) {
  for (const line of text.split('\n')) console.error(`oxagent: ${line}`);
}

function fail(...texts) {
  for (const text of texts) say(text);
  process.exitCode = 1;
}

main();
