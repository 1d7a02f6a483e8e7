'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const { platformName } = require('../../lib/bridge/platforms');
const { Project } = require('./support/project');
const { assertServes } = require('./support/serves');
const { tarballs } = require('./support/packed');

const BUILD_LIMIT_MS = 30 * 60_000;

describe('installed with Rust, without a platform package', () => {
  let project;
  let addon;
  before(async function () {
    this.timeout(BUILD_LIMIT_MS);
    project = new Project({ rust: true });
    addon = project.path('node_modules', 'oxagent', 'native', `oxagent.${platformName()}.node`);
    const { code, stdout, stderr } = await project.install(tarballs().main.file);
    assert.equal(code, 0, stdout + stderr);
  });
  after(() => project.remove());

  it('has built its addon and kept nothing else', () => {
    const installed = project.path('node_modules', 'oxagent');
    assert.deepEqual(fs.readdirSync(project.path('node_modules', 'oxagent', 'native')), [
      `oxagent.${platformName()}.node`,
    ]);
    assert.ok(!fs.existsSync(project.path('node_modules', 'oxagent', 'target')), installed);
  });

  it('serves over HTTP and HTTPS, required and imported', () => assertServes(project, addon));

  it('is not built again by npm rebuild', async () => {
    const before = fs.statSync(addon);
    const { code, stdout, stderr } = await project.npm('rebuild', 'oxagent');
    assert.equal(code, 0, stdout + stderr);
    assert.equal(fs.statSync(addon).mtimeMs, before.mtimeMs);
    assert.equal(fs.statSync(addon).ino, before.ino);
  });
});
