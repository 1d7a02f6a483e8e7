'use strict';

// scripts/conformance, on a suite made for it.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { Runner } = require('../scripts/conformance/runner');

const RUN = path.join(__dirname, '..', 'scripts', 'conformance', 'run.js');

// By path: what stands in a file of the suite.
const SUITE = {
  'common/index.js': '',
  'parallel/test-http-passes.js': '',
  'parallel/test-https-differs.mjs':
    "import http from 'node:http'; if (http.globalAgent.totalSocketCount === 0 && " +
    "Object.getOwnPropertyDescriptor(http.globalAgent, 'totalSocketCount').get) " +
    "throw new Error('not the agent that I know');",
  'parallel/test-http-fails.js': 'process.exitCode = 1;',
  'parallel/test-http-skips.js': "console.log('1..0 # Skipped: not here');",
  'parallel/test-http-asks.js':
    '// Flags: --expose-gc --no-warnings\n// Env: ASKED=for THIS=a=b\n' +
    "if (!gc || process.env.ASKED !== 'for' || process.env.THIS !== 'a=b') process.exitCode = 1;",
  'parallel/test-http-flaky.js':
    "const fs = require('node:fs'); if (process.env.NODE_OPTIONS) {" +
    "const mark = __filename + '.ran'; if (!fs.existsSync(mark)) { fs.writeFileSync(mark, '');" +
    'process.exitCode = 1; } }',
  'parallel/test-async-http-agent-too.js': '',
  'parallel/test-net-is-none.js': 'process.exitCode = 1;',
  'async-hooks/test-anything.js': '',
  'async-hooks/helper.js': 'process.exitCode = 1;',
  'sequential/test-http-port.js':
    "if (process.env.NODE_COMMON_PORT !== '12346') process.exitCode = 1;",
};

describe('npm run conformance', function () {
  this.timeout(60_000);
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-suite-'));
    for (const [name, text] of Object.entries(SUITE)) {
      const file = path.join(folder, 'test', name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const conformance = (...args) =>
    spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8', timeout: 50_000 });

  it('says which files only the plain Node passes, and how many pass', () => {
    const { status, stdout, stderr } = conformance(
      ...['--suite', folder, '--jobs', '2', '--json', '-'],
    );
    const report = JSON.parse(stdout);
    assert.equal(status, 1);
    assert.equal(report.node, process.versions.node);
    assert.equal(report.files, 9);
    assert.equal(report.skipped, 1);
    assert.deepEqual(report.failedPlain, ['parallel/test-http-fails.js']);
    assert.equal(report.passedPlain, 7);
    assert.equal(report.passedSwapped, 6);
    assert.deepEqual(report.passedAlone, ['parallel/test-http-flaky.js']);
    const [differs] = report.differences;
    assert.equal(differs.id, 'parallel/test-https-differs.mjs');
    assert.match(differs.output, /not the agent that I know/);
    assert.match(stderr, /DIFFERS parallel\/test-https-differs\.mjs: exit code 1/);
    assert.match(stderr, /of 9 files 7 pass plain, 1 fail plain, 1 skip themselves/);
    assert.match(stderr, /pass 6 of those 7 \(85\.71%\), 0 are known differences, 1 differ/);
  });

  it('ends well where nothing differs, and runs what is asked for', () => {
    const file = path.join(folder, 'report.json');
    const { status, stdout } = conformance(
      ...['--suite', path.join(folder, 'test'), '--only', 'passes|anything', '--json', file],
    );
    assert.equal(status, 0, stdout);
    assert.match(stdout, /pass 2 of those 2 \(100\.00%\)/);
    const { outcomes } = JSON.parse(fs.readFileSync(file, 'utf8'));
    assert.deepEqual(
      outcomes.map(({ id, plain, swapped }) => [id, plain.passed, swapped.passed]),
      [
        ['parallel/test-http-passes.js', true, true],
        ['async-hooks/test-anything.js', true, true],
      ],
    );
  });

  it('a known difference is printed with its reason, and is no failure', () => {
    const [[id, reason]] = Object.entries(require('../scripts/conformance/known-differences'));
    const file = path.join(folder, 'test', id);
    fs.writeFileSync(file, 'if (process.env.NODE_OPTIONS) process.exitCode = 1;');
    const args = ['--suite', folder, '--only', path.basename(id)];
    const differing = conformance(...args);
    assert.equal(differing.status, 0, differing.stdout);
    assert.ok(differing.stdout.includes(`known difference: ${id}`));
    assert.ok(differing.stdout.includes(reason));
    assert.match(differing.stdout, /1 are known differences, 0 differ/);

    fs.writeFileSync(file, '');
    const passing = conformance(...args);
    assert.equal(passing.status, 1);
    assert.ok(passing.stdout.includes(`a known difference that is none any more: ${id}`));
  });

  it('a file that does not end is ended, with what it has started', async () => {
    const file = path.join(folder, 'test', 'parallel', 'test-http-hangs.js');
    const forever = 'setInterval(() => {}, 1000)';
    fs.writeFileSync(
      file,
      `const { spawn } = require('node:child_process'); ${forever};` +
        `const args = ['-e', ${JSON.stringify(forever)}];` +
        "spawn(process.execPath, args, { stdio: 'inherit' });",
    );
    const tests = path.join(folder, 'test');
    const runner = new Runner({ tests, node: process.execPath, seconds: 2 });
    try {
      const how = { swapped: false, lane: 0 };
      const outcome = await runner.run({ file, flags: [], env: {} }, how);
      assert.equal(outcome.passed, false);
      assert.equal(outcome.how, 'not done in 2 s');
    } finally {
      runner.end();
    }
  });

  it('there are fewer than five known differences, each with a reason', () => {
    const known = Object.entries(require('../scripts/conformance/known-differences'));
    assert.ok(known.length < 5);
    for (const [id, reason] of known) {
      assert.match(id, /^(parallel|sequential|async-hooks)\/test-.*\.m?js$/);
      assert.ok(reason.length > 40, reason);
    }
  });

  for (const [args, said] of [
    [[], /--suite FOLDER is needed/],
    [['--suite', os.tmpdir()], /no test\/common\/index\.js/],
    [['--jobs', '0'], /--jobs takes a whole number from 1 to 64, not '0'/],
    [['--seconds', '1.5'], /--seconds takes/],
    [['--node', path.join('.', 'no', 'node')], /--node: there is no/],
    [['--only', '('], /--only: /],
    [['--only', 'nothing is called so'], /no file of the suite is asked for/],
    [['--nonsense'], /'--nonsense'/],
  ]) {
    it(`${args.join(' ') || 'no arguments'} is answered with the usage`, () => {
      const rest = args.length > 0 && args[0] !== '--suite' ? ['--suite', folder] : [];
      const { status, stderr } = conformance(...args, ...rest);
      assert.equal(status, 1);
      assert.match(stderr, said);
      assert.match(stderr, /usage: npm run conformance/);
    });
  }
});
