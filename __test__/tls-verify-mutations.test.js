'use strict';

// Certificates of a trusted authority with an extension that is a little wrong, by an element or by
// a byte: what one reader takes for absent, OpenSSL refuses. Node's verdict on each, in the same
// run, is that of the agent under test, and rustls alone accepts nothing that Node refuses. A few
// are chosen by OXAGENT_TEST_SEED; OXAGENT_TEST_FULL=1 tries all, which takes many minutes.

const assert = require('node:assert/strict');
const extensions = require('./fixtures/mutated-extensions');
const { Forge } = require('./support/chains');
const { byteMutations, elementMutations } = require('./support/mutations');
const { dispose } = require('./support/https-agent');
const { randomOf } = require('./support/random');
const { closeServers } = require('./support/server');
const { ACCEPTED, Court } = require('./support/verdicts');

const SEED = Number(process.env.OXAGENT_TEST_SEED ?? 1);
const IS_FULL = process.env.OXAGENT_TEST_FULL === '1';

// Those that are told in a failure.
const TOLD_MAX = 5;

// One of each kind of change.
function chosen(mutations, random) {
  return IS_FULL ? mutations : [random.one(mutations)];
}

describe(`the verdict on a spoilt extension (${IS_FULL ? 'all' : `seed ${SEED}`})`, function () {
  this.timeout(IS_FULL ? 0 : 20_000);

  let court;
  const count = { judged: 0, accepted: 0, servedByRustls: 0, notPresented: 0 };

  before(async () => {
    court = await Court.open();
  });
  after(closeServers);

  async function judge(extension, [title, value]) {
    const plan = extension.chain(value);
    try {
      court.present(plan);
    } catch {
      // Node's server can't send what OpenSSL can't read at all.
      count.notPresented++;
      return;
    }
    const found = await court.compare(plan, title);
    await court.assertNoWider(plan, found, title);
    await dispose();
    count.judged++;
    if (found.node.verdict !== ACCEPTED) return;
    count.accepted++;
    if (found.ours.transport === 'rustls') count.servedByRustls++;
  }

  for (const [index, extension] of extensions.entries()) {
    it(`${extension.title} is Node's`, async () => {
      const random = randomOf(SEED * 1000 + index);
      const value = extension.begin(new Forge());
      const mutations = [
        ...(IS_FULL ? [['none', value]] : []),
        ...chosen([...elementMutations(value)], random),
        ...chosen([...byteMutations(value)], random),
      ];
      const failures = [];
      for (const mutation of mutations) {
        try {
          await judge(extension, mutation);
        } catch (error) {
          failures.push(`${error.message}\n${mutation[1].toString('hex')}`);
        }
      }
      const told = failures.slice(0, TOLD_MAX).join('\n');
      assert.equal(failures.length, 0, `${failures.length} of ${mutations.length}: ${told}`);
    });
  }

  // In a suite of its own, which runs last.
  describe('of them', () => {
    it('is at times to accept, and at times to refuse', () => {
      assert.ok(count.accepted > 0 && count.accepted < count.judged, JSON.stringify(count));
      if (IS_FULL) console.log(JSON.stringify(count));
    });
  });
});
