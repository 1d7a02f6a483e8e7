'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const { PACKAGES, platformName } = require('../../lib/bridge/platforms');
const { version } = require('../../package.json');
const { Project } = require('./support/project');
const { sectionNames } = require('./support/elf');
const { tarballs } = require('./support/packed');

const ROOT = path.join(__dirname, '..', '..');
const MAIN_MAX_BYTES = 500 * 1024;

const paths = (packed) => packed.files.map((it) => it.path);

function filesOf(folder) {
  return fs
    .readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => path.relative(ROOT, path.join(it.parentPath ?? it.path, it.name)))
    .map((file) => file.split(path.sep).join('/'));
}

describe('the tarballs', () => {
  let main;
  let platform;
  let project;
  before(() => {
    ({ main, platform } = tarballs());
    project = new Project({ rust: false });
  });
  after(() => project.remove());

  const manifestOf = async (tarball) => {
    const { code, stderr } = await project.install('--ignore-scripts', tarball.file);
    assert.equal(code, 0, stderr);
    const file = project.path('node_modules', tarball.name, 'package.json');
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  };

  it('has a main package under 500 KiB', () => {
    assert.ok(main.size < MAIN_MAX_BYTES, `${main.size} bytes`);
  });

  it('has all of lib and src in the main package, but for the tests', () => {
    const wanted = [...filesOf('lib'), ...filesOf('src')].filter(
      (file) => !/\/(tests\/|(tests|fixtures)\.rs$)/.test(file),
    );
    const packed = new Set(paths(main));
    assert.deepEqual(
      wanted.filter((file) => !packed.has(file)),
      [],
    );
  });

  it('has every page that the README links to in the main package', () => {
    const readme = fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const linked = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, page]) => page);
    assert.deepEqual([...new Set(linked)].sort(), filesOf('docs').sort());
    const packed = new Set(paths(main));
    assert.deepEqual(
      linked.filter((page) => !packed.has(page)),
      [],
    );
  });

  it('has nothing else in the main package but what an install and a build need', () => {
    const others = paths(main).filter((file) => !/^(docs|lib|src)\//.test(file));
    assert.deepEqual(others.sort(), [
      'Cargo.lock',
      'Cargo.toml',
      'LICENSE',
      'README.md',
      // Cargo.toml names it, and cargo reads no manifest whose files are not there.
      'benches/pool.rs',
      'build.rs',
      'index.d.ts',
      'index.js',
      'package.json',
      'register.d.ts',
      'register.js',
      'scripts/build.js',
      'scripts/cargo.js',
      'scripts/install.js',
    ]);
  });

  it('names every platform of this version as an optional dependency', async () => {
    const { dependencies, optionalDependencies } = await manifestOf(main);
    assert.equal(dependencies, undefined);
    assert.deepEqual(
      optionalDependencies,
      Object.fromEntries(Object.keys(PACKAGES).map((name) => [`oxagent-${name}`, version])),
    );
  });

  it('is built and tested for every platform that has a package', () => {
    const workflow = fs.readFileSync(path.join(ROOT, '.github', 'workflows', 'build.yml'), 'utf8');
    const [build, test] = workflow.split(/^ {2}test:$/m);
    const platforms = Object.keys(PACKAGES).sort();
    const built = [...build.matchAll(/^ {10}- platform: (\S+)$/gm)].map(([, name]) => name);
    const tested = [...test.matchAll(/^ {10}- \{ platform: ([^,]+),/gm)].map(([, name]) => name);
    assert.deepEqual(built.sort(), platforms);
    assert.deepEqual(tested.sort(), platforms);
  });

  it('leaves package.json as it was', () => {
    const text = fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8');
    assert.equal(JSON.parse(text).optionalDependencies, undefined);
  });

  it('has a platform package of the addon and the licences, for that platform alone', async () => {
    const name = platformName();
    const [system, cpu, abi] = name.split('-');
    assert.deepEqual(paths(platform).sort(), [
      'LICENSE',
      'README.md',
      'THIRD-PARTY-LICENSES.txt',
      `oxagent.${name}.node`,
      'package.json',
    ]);
    const manifest = await manifestOf(platform);
    assert.equal(manifest.version, version);
    assert.equal(manifest.main, `oxagent.${name}.node`);
    assert.deepEqual(manifest.os, [system]);
    assert.deepEqual(manifest.cpu, [cpu]);
    assert.deepEqual(manifest.libc, { gnu: ['glibc'], musl: ['musl'] }[abi]);
    assert.equal(manifest.scripts, undefined);
    const notices = project.path('node_modules', `oxagent-${name}`, 'THIRD-PARTY-LICENSES.txt');
    const text = fs.readFileSync(notices, 'utf8');
    for (const crate of ['aws-lc-sys', 'napi', 'rustls', 'tokio']) {
      assert.match(text, new RegExp(`^${crate} [0-9.]+: [A-Z]`, 'm'));
    }
    assert.match(text, /Permission to use, copy, modify/);
  });

  // Mach-O and PE files are read by no test.
  (process.platform === 'linux' ? it : it.skip)('has a stripped addon (Linux)', () => {
    const name = platformName();
    const addon = project.path('node_modules', `oxagent-${name}`, `oxagent.${name}.node`);
    const sections = sectionNames(addon);
    assert.ok(sections.includes('.dynsym'), sections.join());
    assert.deepEqual(
      sections.filter((section) => /^\.(symtab|strtab|debug)/.test(section)),
      [],
    );
  });
});
