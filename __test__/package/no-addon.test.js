'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const { platformName } = require('../../lib/bridge/platforms');
const { version } = require('../../package.json');
const { Project } = require('./support/project');
const { tarballs } = require('./support/packed');

describe('without an addon that loads', () => {
  const name = platformName();
  let project;
  beforeEach(() => {
    project = new Project({ rust: false });
  });
  afterEach(() => project.remove());

  const installed = async (...files) => {
    const { code, stderr } = await project.install('--ignore-scripts', ...files);
    assert.equal(code, 0, stderr);
  };

  /** What require('oxagent') throws, in a process of which `before` has said what it runs on. */
  const refusal = async (before = '') => {
    const { code, stdout, stderr } = await project.node(
      '-e',
      `${before}; try { require('oxagent') } catch ({ code, message, cause }) {
        console.log(JSON.stringify({ code, message, cause: cause?.message }))
      }`,
    );
    assert.equal(code, 0, stderr);
    const error = JSON.parse(stdout);
    assert.equal(error.code, 'OXAGENT_NO_ADDON');
    assert.match(error.message, /^ {2}npm rebuild oxagent$/m);
    assert.match(error.message, /Rust 1\.88/);
    return error;
  };

  it('npm install fails without Rust, and says for which platform and how to build', async () => {
    const { code, stderr } = await project.install(tarballs().main.file);
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(`no addon that loads on ${name},`));
    assert.match(stderr, new RegExp(`package oxagent-${name} is not installed`));
    assert.match(stderr, /cargo was not found/);
    assert.match(stderr, /https:\/\/rustup\.rs/);
    assert.ok(!fs.existsSync(project.path('node_modules', 'oxagent')));
  });

  it('require says so too, where the scripts of packages do not run', async () => {
    await installed(tarballs().main.file);
    const { message } = await refusal();
    assert.match(message, new RegExp(`no addon that loads on ${name},`));
    assert.match(message, new RegExp(`package oxagent-${name} is not installed`));
    const [, script] = /^ {2}node (".*")$/m.exec(message);
    const { code, stderr } = await project.node(JSON.parse(script));
    assert.equal(code, 1);
    assert.match(stderr, /cargo was not found/);
  });

  it('names a platform that has no package', async () => {
    await installed(tarballs().main.file);
    const { message } = await refusal(
      "Object.defineProperties(process, { platform: { value: 'sunos' }, arch: { value: 'x64' } })",
    );
    assert.match(message, /on sunos-x64,/);
    assert.match(message, /There is no package for this platform/);
  });

  it('tells the C libraries of Linux apart', async () => {
    await installed(tarballs().main.file);
    const on = (report) => `
      Object.defineProperties(process, { platform: { value: 'linux' }, arch: { value: 'arm64' } });
      process.report.getReport = () => (${report})`;
    const musl = await refusal(on("{ header: {}, sharedObjects: ['/lib/ld-musl-aarch64.so.1'] }"));
    assert.match(musl.message, /package oxagent-linux-arm64-musl is not installed/);
    const glibc = await refusal(on("{ header: { glibcVersionRuntime: '2.36' } }"));
    assert.match(glibc.message, /package oxagent-linux-arm64-gnu is not installed/);
  });

  it('says why an addon does not load', async () => {
    await installed(tarballs().main.file);
    const addon = `node_modules/oxagent/native/oxagent.${name}.node`;
    project.write(addon, 'not a shared library');
    const { message, cause } = await refusal();
    assert.ok(message.includes(`${project.path(addon)} does not load: ${cause}`), message);
  });

  it('takes no platform package of another version', async () => {
    const { main, platform } = tarballs();
    await installed(main.file, platform.file);
    const file = `node_modules/oxagent-${name}/package.json`;
    const manifest = JSON.parse(fs.readFileSync(project.path(file), 'utf8'));
    project.write(file, JSON.stringify({ ...manifest, version: '0.0.9' }));
    const { message } = await refusal();
    assert.ok(
      message.includes(`oxagent-${name} does not load: its version is 0.0.9, oxagent's ${version}`),
      message,
    );
  });
});
