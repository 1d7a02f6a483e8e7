'use strict';

// Which names a certificate is for: Node's rules, put to its own agent and to the agent under test
// in one run.

const assert = require('node:assert/strict');
const der = require('./support/der');
const { Forge } = require('./support/chains');
const { dispose } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { ACCEPTED, Court } = require('./support/verdicts');

const ALTNAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

const { dns } = der.general;

// What its certificate is for, as alternative names or as a common name; whom the client wants,
// '' for 127.0.0.1; and whether that is the same to Node.
const NAMES = [
  ['a name', { names: ['a.test'] }, 'a.test', true],
  ['another name', { names: ['a.test'] }, 'b.test', false],
  ['one of several names', { names: ['a.test', 'b.test', '10.0.0.1'] }, 'b.test', true],
  ['a name in capitals', { names: ['A.Test'] }, 'a.test', true],
  ['a name, asked for in capitals', { names: ['a.test'] }, 'A.TEST', true],
  ['a name below', { names: ['a.test'] }, 'b.a.test', false],
  ['a name above', { names: ['b.a.test'] }, 'a.test', false],
  ['a name, asked for with a dot behind', { names: ['a.test'] }, 'a.test.', true],
  ['a name with a dot behind', { names: ['a.test.'] }, 'a.test', true],

  ['a wildcard and one label', { names: ['*.wild.test'] }, 'a.wild.test', true],
  ['a wildcard and two labels', { names: ['*.wild.test'] }, 'a.b.wild.test', false],
  ['a wildcard and no label', { names: ['*.wild.test'] }, 'wild.test', false],
  ['a wildcard, asked for with a dot behind', { names: ['*.wild.test'] }, 'a.wild.test.', true],
  ['a wildcard in capitals', { names: ['*.WILD.test'] }, 'a.wild.test', true],
  ['a wildcard with its beginning', { names: ['f*.wild.test'] }, 'foo.wild.test', true],
  ['a wildcard with its end', { names: ['*o.wild.test'] }, 'foo.wild.test', true],
  ['a wildcard with both', { names: ['f*o.wild.test'] }, 'foo.wild.test', true],
  ['a wildcard with another beginning', { names: ['b*.wild.test'] }, 'foo.wild.test', false],
  ['a wildcard that would cover nothing', { names: ['foo*.wild.test'] }, 'foo.wild.test', true],
  ['two wildcards in a label', { names: ['f*o*.wild.test'] }, 'foo.wild.test', false],
  ['two wildcards', { names: ['*.*.test'] }, 'a.wild.test', false],
  ['a wildcard further in', { names: ['a.*.test'] }, 'a.wild.test', false],
  ['a wildcard over a top level', { names: ['*.test'] }, 'a.test', false],
  ['a wildcard alone', { names: ['*'] }, 'localhost', false],
  ['a wildcard over an address', { names: ['*.0.0.1'] }, '', false],
  [
    'a wildcard and an international label',
    { names: ['*.wild.test'] },
    'xn--fiq228c.wild.test',
    true,
  ],
  ['an international label', { names: ['xn--fiq228c.test'] }, 'xn--fiq228c.test', true],
  [
    'a wildcard within an international label',
    { names: ['xn--fiq*.test'] },
    'xn--fiq228c.test',
    false,
  ],
  [
    'a wildcard behind the mark of one',
    { names: ['xn--*.wild.test'] },
    'xn--fiq228c.wild.test',
    false,
  ],

  ['a common name alone', { subject: 'a.test', names: [] }, 'a.test', true],
  ['another common name', { subject: 'a.test', names: [] }, 'b.test', false],
  ['a wildcard as a common name', { subject: '*.wild.test', names: [] }, 'a.wild.test', true],
  ['a common name beside another name', { subject: 'a.test', names: ['b.test'] }, 'a.test', false],
  ['a common name beside an address', { subject: 'a.test', names: ['10.0.0.1'] }, 'a.test', true],
  ['no name at all', { subject: der.name(['O', 'nobody']), names: [] }, 'a.test', false],

  ['an address', { names: ['127.0.0.1'] }, '', true],
  ['another address', { names: ['127.0.0.2'] }, '', false],
  ['an address as a common name', { subject: '127.0.0.1', names: [] }, '', false],
  ['an address as a DNS name', { names: [dns('127.0.0.1')] }, '', false],
  ['an address of version 6 that holds it', { names: ['::ffff:7f00:1'] }, '', false],
  ['a name, asked for by its address', { names: ['localhost'] }, '', false],
];

describe('a certificate is good for', function () {
  this.timeout(20_000);

  const forge = new Forge();
  let court;

  before(async () => {
    court = await Court.open();
  });
  afterEach(dispose);
  after(closeServers);

  for (const [title, leaf, servername, isIt] of NAMES) {
    const asked = servername || '127.0.0.1';
    it(`${title}: ${asked}${isIt ? '' : ', not'}`, async () => {
      const plan = { ...forge.chain({ leaf }), servername };
      court.present(plan);
      const { ours, lenient } = await court.compare(plan);
      const code = isIt ? null : ALTNAME;
      assert.equal(ours.verdict, code ?? ACCEPTED);
      assert.equal(lenient.ours.authorizationError, code);
      if (isIt) return;
      assert.equal(ours.error.host, asked.replace(/\.$/, ''));
      assert.ok(ours.error.reason);
      assert.match(ours.error.message, /^Hostname\/IP does not match certificate's altnames: /);
      assert.ok(ours.error.cert.raw);
    });
  }
});
