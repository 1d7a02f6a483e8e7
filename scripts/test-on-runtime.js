'use strict';

// The mocha suite on Deno or Bun, which runs this script: all of it but what __test__/excluded.js
// names, with its reasons, for that runtime.
//
//     npm run test:deno
//     npm run test:bun -- __test__/agent-free.test.js    # some files
//     npm run test:bun -- --excluded                     # what is excluded: it may pass by now

const fs = require('node:fs');
const path = require('node:path');
const { excluded } = require('../__test__/excluded');
const { timeout } = require('../.mocharc.json');

const runtime = process.versions.bun ? 'bun' : 'deno';
const tests = path.join(__dirname, '..', '__test__');
const ENDING = '.test.js';

// Of the runtimes' own messages, which the tests read.
process.env.NO_COLOR = '1';

function entriesOf(test) {
  const title = test.fullTitle();
  const file = path.relative(tests, test.file).replace(ENDING, '');
  return excluded[runtime].filter(
    (entry) =>
      entry.file === file &&
      (!entry.titles || entry.titles.some((one) => title === one || title.startsWith(`${one} `))),
  );
}

// Leaves the tests that `stays` says; answers how many it took away, by entry.
function filter(suite, stays, counts = new Map()) {
  suite.tests = suite.tests.filter((test) => {
    const entries = entriesOf(test);
    for (const entry of entries) counts.set(entry, (counts.get(entry) ?? 0) + 1);
    return stays(entries.length > 0);
  });
  for (const child of suite.suites) filter(child, stays, counts);
  return counts;
}

function filesOf(folder) {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(ENDING));
  return names.sort().map((name) => path.join(folder, name));
}

async function main() {
  const args = process.argv.slice(2);
  const named = args.filter((arg) => !arg.startsWith('--'));
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ timeout, reporter: 'dot', forbidOnly: true });
  const all = [tests, path.join(tests, 'clients')].flatMap(filesOf);
  for (const file of named.length > 0 ? named.map((name) => path.resolve(name)) : all) {
    mocha.addFile(file);
  }
  mocha.loadFiles();
  const onlyExcluded = args.includes('--excluded');
  const counts = filter(mocha.suite, (isExcluded) => isExcluded === onlyExcluded);
  let failed = false;
  if (named.length === 0) {
    for (const entry of excluded[runtime].filter((one) => !counts.has(one))) {
      console.error(`excluded, but there is no such test: ${entry.file}: ${entry.titles}`);
      failed = true;
    }
  }
  mocha.run((failures) => {
    if (!onlyExcluded) report(counts);
    if (failures > 0 || failed) process.exitCode = 1;
  });
}

function report(counts) {
  const reasons = new Map();
  for (const [{ why }, count] of counts) reasons.set(why, (reasons.get(why) ?? 0) + count);
  const total = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  console.log(`  ${total} excluded on ${runtime} (see __test__/excluded.js):\n`);
  for (const [why, count] of reasons) console.log(`  ${String(count).padStart(6)}  ${why}`);
}

main();
