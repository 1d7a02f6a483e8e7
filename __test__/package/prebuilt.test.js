'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const { platformName } = require('../../lib/bridge/platforms');
const { Project } = require('./support/project');
const { assertServes } = require('./support/serves');
const { tarballs } = require('./support/packed');

const ROOT = path.join(__dirname, '..', '..');

describe('installed without Rust, beside its platform package', () => {
  const name = platformName();
  let project;
  before(async () => {
    const { main, platform } = tarballs();
    project = new Project({ rust: false });
    const { code, stdout, stderr } = await project.install(main.file, platform.file);
    assert.equal(code, 0, stdout + stderr);
  });
  after(() => project.remove());

  it('has nothing built', () => {
    assert.ok(!fs.existsSync(project.path('node_modules', 'oxagent', 'native')));
    assert.ok(!fs.existsSync(project.path('node_modules', 'oxagent', 'target')));
  });

  it('serves over HTTP and HTTPS, required and imported', async () => {
    const addon = project.path('node_modules', `oxagent-${name}`, `oxagent.${name}.node`);
    await assertServes(project, addon);
  });

  it('requires no file that is not in it, and no package but its addon', () => {
    const folder = project.path('node_modules', 'oxagent');
    const sources = fs
      .readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.js'));
    assert.ok(sources.length > 40, `${sources.length} files`);
    for (const source of sources) {
      const file = path.join(folder, source);
      for (const [, wanted] of fs.readFileSync(file, 'utf8').matchAll(/require\('([^']+)'\)/g)) {
        if (!wanted.startsWith('.')) {
          assert.match(wanted, /^(node:|oxagent-)/, source);
          continue;
        }
        const found = require.resolve(path.join(path.dirname(file), wanted));
        assert.ok(found.startsWith(folder + path.sep), `${source} requires ${wanted}`);
      }
    }
  });

  it('has its types, for ES modules and for CommonJS', async () => {
    const compilerOptions = {
      strict: true,
      module: 'nodenext',
      target: 'ES2023',
      types: ['node'],
      typeRoots: [path.join(ROOT, 'node_modules', '@types')],
      skipLibCheck: false,
      noEmit: true,
    };
    const files = ['types.mts', 'types.cts'];
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    const compiler = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { code, stdout, stderr } = await project.node(compiler, '-p', '.');
    assert.equal(code, 0, stdout + stderr);
  });
});
