'use strict';

// Certificate chains of every kind, generated: Node's verdict on each, in the same run, is the
// verdict of the agent under test. It accepts nothing that Node refuses, refuses nothing that Node
// accepts, and says what Node says. With OXAGENT_TEST_FULL=1 each chain is shown with each kind of
// server.

const assert = require('node:assert/strict');
const groups = require('./fixtures/chains');
const { Forge } = require('./support/chains');
const { dispose, stock } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { ACCEPTED, Court } = require('./support/verdicts');

const nodeMajor = Number(process.versions.node.split('.')[0]);

// The kinds of a server's own key take turns, and the versions of TLS with them.
const SERVERS = [
  ['p256', 'TLSv1.3'],
  ['rsa', 'TLSv1.2'],
  ['ed25519', 'TLSv1.3'],
  ['p384', 'TLSv1.3'],
  ['rsa', 'TLSv1.3'],
];

const ALL = Object.values(groups).flat();

const IS_FULL = process.env.OXAGENT_TEST_FULL === '1';

describe('the verdict on a chain', function () {
  this.timeout(20_000);

  let court;
  const served = { rustls: 0, node: 0 };

  before(async () => {
    court = await Court.open();
  });
  afterEach(dispose);
  after(closeServers);

  for (const [group, cases] of Object.entries(groups)) {
    describe(group, () => {
      for (const one of cases) {
        const turn = SERVERS[ALL.indexOf(one) % SERVERS.length];
        for (const server of IS_FULL && !one[3]?.server ? SERVERS : [turn]) judged(one, server);
      }
    });
  }

  function judged([name, verdict, make, { fatalSince, server } = {}], turn) {
    const [key, version] = server ?? turn;
    const title = `${name} (${key}, ${version}): ${verdict ?? "as this line's Node"}`;
    if (nodeMajor >= fatalSince) {
      it(`${title} [Node ends its process over it]`);
      return;
    }
    it(title, async () => {
      const plan = make(new Forge(key));
      court.present(plan, version);
      const found = await court.compare(plan);
      if (verdict) assert.equal(found.node.verdict, verdict);
      await court.assertNoWider(plan, found);
      if (found.node.verdict === ACCEPTED) served[found.ours.transport ?? 'node']++;
    });
  }

  // In a suite of its own, which runs last.
  describe('of rustls', () => {
    it('is most of them', function () {
      if (stock) this.skip();
      assert.ok(served.rustls > served.node, JSON.stringify(served));
    });
  });
});
