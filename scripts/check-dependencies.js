'use strict';

// What this project takes from others: licences, sources and install scripts, as the Cargo.lock and
// package-lock.json files name them. Needs no network and no database; known vulnerabilities are
// for `cargo deny check advisories` and `npm audit`, which do. deny.toml has the lists for crates.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
// What is built to be used or measured. What fuzzes is cargo-fuzz's to check.
const MANIFESTS = ['Cargo.toml', 'bench/servers/hyper/Cargo.toml'];
const OWN_CRATES = ['oxagent', 'oxagent-bench-hyper'];
const CRATES = 'registry+https://github.com/rust-lang/crates.io-index';
const NPM = 'https://registry.npmjs.org/';

// Nothing of npm is in what oxagent ships: these are licences of tools.
const TOOL_LICENSES = [
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
];

// What is installed without its scripts (see ./ensure-installed.js and each folder's .npmrc), to be
// tried with oxagent and for nothing else: by lock file and name, what the rules above don't allow.
const TRIED = {
  '__test__/tracers/package-lock.json': {
    scripts: ['@newrelic/fn-inspect', '@newrelic/native-metrics', 'msw', 'protobufjs'],
    licenses: {
      mitm: 'AGPL-3.0-or-later WITH GPL-3.0-linking-exception',
      // Their package.json names none; they have a file of it.
      'destroyable-server': undefined,
      'read-tls-client-hello': undefined,
      'string.fromcodepoint': undefined,
    },
  },
};

/**
 * Whether an SPDX expression can be met with the licences allowed. `/` is the old way to say OR.
 */
function permits(expression, allowed) {
  const tokens = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const either = () => {
    let met = both();
    while (tokens[at] === 'OR') {
      at++;
      met = both() || met;
    }
    return met;
  };
  const both = () => {
    let met = one();
    while (tokens[at] === 'AND') {
      at++;
      met = one() && met;
    }
    return met;
  };
  const one = () => {
    if (tokens[at] === '(') {
      at++;
      const met = either();
      at++;
      return met;
    }
    let name = tokens[at++];
    if (tokens[at] === 'WITH') {
      name = `${name} WITH ${tokens[at + 1]}`;
      at += 2;
    }
    return allowed.includes(name);
  };
  return either() && at === tokens.length;
}

/** The `allow` list of deny.toml's [licenses]. */
function crateLicenses() {
  const policy = fs.readFileSync(path.join(ROOT, 'deny.toml'), 'utf8');
  const list = /^\[licenses\][^[]*^allow = \[([^\]]*)\]/m.exec(policy)[1];
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
}

function crateProblems(packages, allowed) {
  const problems = [];
  for (const { name, version, license, source, id } of packages) {
    const what = `crate ${name} ${version}`;
    if (source === null) {
      if (!OWN_CRATES.includes(name)) problems.push(`${what}: from a folder, ${id}`);
      continue;
    }
    if (source !== CRATES) problems.push(`${what}: from ${source}`);
    if (!license || !permits(license, allowed)) problems.push(`${what}: licence ${license}`);
  }
  return problems;
}

/** A crate of the registry has a checksum; one of git has none. */
function checksumProblems(lock) {
  return lock
    .split('[[package]]')
    .slice(1)
    .filter((entry) => /^source = /m.test(entry) && !/^checksum = "[0-9a-f]{64}"$/m.test(entry))
    .map((entry) => `Cargo.lock: ${/^name = "(.*)"$/m.exec(entry)[1]} has no checksum`);
}

function npmProblems(lock, file, tried = TRIED) {
  const problems = [];
  for (const [where, entry] of Object.entries(lock.packages)) {
    if (where === '') {
      const runtime = Object.keys(entry.dependencies ?? {});
      if (entry.name === 'oxagent' && runtime.length > 0) {
        problems.push(`${file}: oxagent has dependencies: ${runtime}`);
      }
      continue;
    }
    if (entry.link) continue;
    const what = `${file}: ${where}`;
    const { resolved, integrity, license, hasInstallScript } = entry;
    // Without it npm asks the user's own registry, and the integrity says what it must answer.
    if (resolved && !resolved.startsWith(NPM)) problems.push(`${what}: from ${resolved}`);
    if (!integrity?.startsWith('sha512-')) problems.push(`${what}: integrity ${integrity}`);
    const name = where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const { scripts = [], licenses = {} } = tried[file] ?? {};
    const known = Object.hasOwn(licenses, name) && licenses[name] === license;
    if (!known && !(license && permits(license, TOOL_LICENSES))) {
      problems.push(`${what}: licence ${license}`);
    }
    if (hasInstallScript && !scripts.includes(name))
      problems.push(`${what}: runs a script when it is installed`);
  }
  return problems;
}

/** A check that can't fail proves nothing: it must see what it is for, and only that. */
function checkTheCheck() {
  const allowed = ['MIT', 'ISC', 'Apache-2.0 WITH LLVM-exception'];
  for (const met of [
    'MIT',
    'GPL-3.0 OR MIT',
    'GPL-3.0/MIT',
    'ISC AND (GPL-3.0 OR MIT)',
    'Apache-2.0 WITH LLVM-exception',
    '(GPL-3.0 AND MIT) OR ISC',
  ]) {
    assert.ok(permits(met, allowed), met);
  }
  for (const unmet of [
    'GPL-3.0',
    'MIT AND GPL-3.0',
    'Apache-2.0',
    'MIT WITH LLVM-exception',
    '(GPL-3.0 OR MIT) AND X',
    'SEE LICENSE IN LICENSE',
    '',
  ]) {
    assert.ok(!permits(unmet, allowed), unmet);
  }
  const crate = { name: 'a', version: '1.0.0', license: 'MIT', source: CRATES, id: 'a' };
  assert.equal(crateProblems([crate], allowed).length, 0);
  for (const change of [
    { license: null },
    { license: 'GPL-3.0' },
    { source: null },
    { source: 'git+https://github.com/a/a' },
  ]) {
    assert.equal(crateProblems([{ ...crate, ...change }], allowed).length, 1);
  }
  const locked = `[[package]]\nname = "a"\nsource = "${CRATES}"\n`;
  assert.equal(checksumProblems(`${locked}checksum = "${'0'.repeat(64)}"\n`).length, 0);
  assert.equal(checksumProblems(locked).length, 1);
  const tool = { resolved: `${NPM}a/-/a-1.0.0.tgz`, integrity: 'sha512-AA==', license: 'MIT' };
  const problems = (change) =>
    npmProblems({ packages: { 'node_modules/a': { ...tool, ...change } } }, 'lock').length;
  assert.equal(problems({}), 0);
  assert.equal(problems({ resolved: undefined }), 0);
  assert.equal(problems({ resolved: 'https://example.com/a.tgz' }), 1);
  assert.equal(problems({ integrity: 'sha1-AA==' }), 1);
  assert.equal(problems({ license: undefined }), 1);
  assert.equal(problems({ hasInstallScript: true }), 1);
  const change = { license: 'X', hasInstallScript: true };
  const lock = { packages: { 'node_modules/a': { ...tool, ...change } } };
  const known = { scripts: ['a'], licenses: { a: 'X' } };
  assert.equal(npmProblems(lock, 'lock', { lock: known }).length, 0);
  assert.equal(npmProblems(lock, 'other', { lock: known }).length, 2);
  assert.equal(npmProblems(lock, 'lock', { lock: { licenses: { a: 'Y' } } }).length, 2);
  const own = { name: 'oxagent', dependencies: { a: '1.0.0' } };
  assert.equal(npmProblems({ packages: { '': own } }, 'lock').length, 1);
}

function cratesOf(manifest) {
  const metadata = ['metadata', '--format-version', '1', '--locked', '--all-features'];
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: Infinity };
  const said = execFileSync('cargo', [...metadata, '--manifest-path', manifest], options);
  return JSON.parse(said).packages;
}

function locksOfNpm() {
  const files = execFileSync('git', ['ls-files', '*package-lock.json'], { cwd: ROOT });
  return files.toString().trim().split('\n');
}

checkTheCheck();
const crates = MANIFESTS.flatMap(cratesOf);
const count = new Set(crates.map(({ id }) => id)).size;
const locks = locksOfNpm();
const problems = [
  ...crateProblems(crates, crateLicenses()),
  ...MANIFESTS.flatMap((manifest) =>
    checksumProblems(
      fs.readFileSync(path.join(ROOT, path.dirname(manifest), 'Cargo.lock'), 'utf8'),
    ),
  ),
  ...locks.flatMap((file) =>
    npmProblems(JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8')), file),
  ),
];
for (const problem of problems) console.error(`dependencies: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`dependencies: ${count} crates, ${locks.length} npm lock files, all well`);
