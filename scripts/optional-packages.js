'use strict';

// `npm pack` and `npm publish` run it before and after they read package.json, which then names the
// platforms' packages as optional dependencies. It can't name them always: `npm ci` wants all that
// package.json names in package-lock.json, where a version that is yet to be published can't be.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const { PACKAGES } = require('../lib/bridge/platforms');
const { version } = require('../package.json');

const ROOT = path.join(__dirname, '..');
const MANIFEST = path.join(ROOT, 'package.json');

/** The end of package.json while the packages are named. */
function ending() {
  const named = Object.keys(PACKAGES).map((name) => `    "oxagent-${name}": "${version}"`);
  return `,\n  "optionalDependencies": {\n${named.join(',\n')}\n  }\n}\n`;
}

function requireOneVersion() {
  const cargo = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  const crate = /^version = "(.*)"$/m.exec(cargo)?.[1];
  assert.equal(crate, version, 'Cargo.toml and package.json are of one version');
}

const text = fs.readFileSync(MANIFEST, 'utf8');
const unnamed = text.endsWith(ending()) ? text.slice(0, -ending().length) : text.slice(0, -3);
assert.ok(text.endsWith('\n}\n'), 'package.json ends with its closing brace');

const [task] = process.argv.slice(2);
assert.ok(['name', 'forget'].includes(task), 'usage: optional-packages.js name|forget');
requireOneVersion();
fs.writeFileSync(MANIFEST, unnamed + (task === 'name' ? ending() : '\n}\n'));
