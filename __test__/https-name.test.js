'use strict';

// A name that leaves an option out would share connections that must not be shared: every option
// that belongs in it is flipped alone.

const assert = require('node:assert/strict');
const https = require('node:https');
const { HttpsAgent, since } = require('./support/https-agent');

const nodeGetName = https.Agent.prototype.getName;
const nodeMajor = Number(process.versions.node.split('.')[0]);

// What follows `host:port:localAddress`, in order.
const FIELDS = [
  'ca',
  'cert',
  'clientCertEngine',
  'ciphers',
  'key',
  'pfx',
  'rejectUnauthorized',
  'servername',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'crl',
  'honorCipherOrder',
  'ecdhCurve',
  'dhparam',
  'secureOptions',
  'sessionIdContext',
  'sigalgs',
  'privateKeyIdentifier',
  'privateKeyEngine',
];

const STEM = { host: 'a.example', port: 443 };

/** The name of a.example:443 whose field has this text and whose others are empty. */
function nameWith(field, text) {
  return `a.example:443:${FIELDS.map((name) => `:${name === field ? text : ''}`).join('')}`;
}

const object = { toString: () => 'an object' };

// By option: values, and what each puts in the name.
const TEXTS = {
  ca: [
    ['-----BEGIN', '-----BEGIN'],
    [Buffer.from('a ca'), 'a ca'],
    [['one', Buffer.from('two')], 'one,two'],
    [[], ''],
    [['', ''], ','],
    ['', ''],
    [null, ''],
    [false, ''],
    [new Uint8Array([1, 2, 3]), '1,2,3'],
    [object, 'an object'],
  ],
  cert: [
    ['a cert', 'a cert'],
    [Buffer.from([0xff, 0x41]), '\ufffdA'],
    [['one', 'two'], 'one,two'],
    [undefined, ''],
  ],
  clientCertEngine: [
    ['engine', 'engine'],
    ['', ''],
  ],
  ciphers: [
    ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['HIGH:!aNULL', 'HIGH:!aNULL'],
    ['', ''],
  ],
  key: [
    ['a key', 'a key'],
    [Buffer.from('a key'), 'a key'],
    [['one', 'two'], 'one,two'],
    [[{ pem: 'one', passphrase: 'p' }], '[object Object]'],
    [[], ''],
  ],
  pfx: [
    ['a pfx', 'a pfx'],
    [Buffer.from('a pfx'), 'a pfx'],
    [Buffer.from([0x30, 0x82]), '0\ufffd'],
    [null, ''],
  ],
  rejectUnauthorized: [
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [0, '0'],
    [undefined, ''],
  ],
  servername: [
    ['b.example', 'b.example'],
    ['a.example', ''],
    ['', ''],
    ['A.example', 'A.example'],
  ],
  minVersion: [
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
    ['', ''],
  ],
  maxVersion: [
    ['TLSv1.2', 'TLSv1.2'],
    [null, ''],
  ],
  secureProtocol: [
    ['TLSv1_2_method', 'TLSv1_2_method'],
    [undefined, ''],
  ],
  crl: [
    ['a crl', 'a crl'],
    [Buffer.from('a crl'), 'a crl'],
    [['one', 'two'], 'one,two'],
    [null, ''],
  ],
  honorCipherOrder: [
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [undefined, ''],
  ],
  ecdhCurve: [
    ['P-256:X25519', 'P-256:X25519'],
    ['auto', 'auto'],
    ['', ''],
  ],
  dhparam: [
    ['params', 'params'],
    [Buffer.from('params'), 'params'],
    ['auto', 'auto'],
  ],
  secureOptions: [
    [0, '0'],
    [4096, '4096'],
    [null, 'null'],
    [undefined, ''],
  ],
  sessionIdContext: [
    ['a context', 'a context'],
    ['', ''],
  ],
  sigalgs: [
    ['ecdsa_secp256r1_sha256', '"ecdsa_secp256r1_sha256"'],
    ['a"b', '"a\\"b"'],
    [['one', 'two'], '["one","two"]'],
    ['', ''],
  ],
  privateKeyIdentifier: [
    ['identifier', 'identifier'],
    ['', ''],
  ],
  privateKeyEngine: [
    ['engine', 'engine'],
    [null, ''],
  ],
};

// An array of containers tells each passphrase that opens one of them, which Node 20 left out.
const PFX_ARRAYS = [
  [{ pfx: ['one'] }, ':one:undefined'],
  [{ pfx: [Buffer.from('one')] }, ':one:undefined'],
  [{ pfx: ['one'], passphrase: 'p' }, ':one:p'],
  [{ pfx: ['one', 'two'], passphrase: 'p' }, ':one:p:two:p'],
  [{ pfx: [{ buf: 'one' }] }, ':one:undefined'],
  [{ pfx: [{ buf: Buffer.from('one'), passphrase: 'q' }] }, ':one:q'],
  [{ pfx: [{ buf: 'one', passphrase: 'q' }, 'two'], passphrase: 'p' }, ':one:q:two:p'],
  [{ pfx: [{ buf: 'one', passphrase: '' }], passphrase: 'p' }, ':one:p'],
  [{ pfx: [{ other: 'one' }] }, ':[object Object]:undefined'],
  [{ pfx: [null, undefined] }, ':null:undefined:undefined:undefined'],
  [{ pfx: [] }, ''],
];

function described(value) {
  if (Buffer.isBuffer(value)) return `a Buffer of ${JSON.stringify(value.toString('latin1'))}`;
  if (value === object) return 'an object';
  if (value === undefined) return 'undefined';
  return JSON.stringify(value, (_key, part) =>
    part?.type === 'Buffer' ? `Buffer ${Buffer.from(part.data)}` : part,
  );
}

describe('HttpsAgent getName', () => {
  let agent;
  before(() => {
    agent = new HttpsAgent();
  });

  function check(options, name) {
    assert.equal(agent.getName(options), name);
    // The same again, as whatever remembers names might give another.
    assert.equal(agent.getName({ ...options }), name);
    if (nodeMajor === 26) assert.equal(nodeGetName.call(new https.Agent(), options), name);
  }

  it('of nothing is that of localhost', () => {
    check(undefined, `localhost::${':'.repeat(20)}`);
    check({}, `localhost::${':'.repeat(20)}`);
  });

  it('of http.Agent comes first', () => {
    const rest = ':'.repeat(20);
    check({ host: 'a.example', port: 8443 }, `a.example:8443:${rest}`);
    check({ host: 'a.example', port: '81' }, `a.example:81:${rest}`);
    check({ host: '::1', port: 443 }, `::1:443:${rest}`);
    check({ ...STEM, localAddress: '10.0.0.1' }, `a.example:443:10.0.0.1${rest}`);
    check({ ...STEM, family: 4 }, `a.example:443::4${rest}`);
    check({ ...STEM, family: 6 }, `a.example:443::6${rest}`);
    check({ ...STEM, family: 0 }, `a.example:443:${rest}`);
    check({ socketPath: '/run/x.sock' }, `localhost:::/run/x.sock${rest}`);
  });

  it('leaves out what makes no other connection', () => {
    const plain = nameWith('', '');
    for (const options of [
      { method: 'POST', path: '/p', headers: { a: 'b' } },
      { timeout: 3 },
      { ALPNProtocols: ['http/1.1'] },
      { session: Buffer.from('s') },
      { passphrase: 'p' },
      { secureContext: {} },
      { checkServerIdentity() {} },
      { maxCachedSessions: 4 },
      { minDHSize: 2048 },
      { keepAlive: true },
      { lookup() {} },
    ]) {
      check({ ...STEM, ...options }, plain);
    }
  });

  it('has all fields at once, in this order', () => {
    const options = { ...STEM };
    for (const field of FIELDS) options[field] = `<${field}>`;
    options.sigalgs = 's';
    const texts = FIELDS.map((field) => (field === 'sigalgs' ? '"s"' : `<${field}>`));
    check(options, `a.example:443::${texts.join(':')}`);
  });

  for (const [field, cases] of Object.entries(TEXTS)) {
    describe(field, () => {
      for (const [value, text] of cases) {
        it(`${described(value)} reads ${JSON.stringify(text)}`, () => {
          check({ ...STEM, [field]: value }, nameWith(field, text));
        });
      }
    });
  }

  describe('pfx as an array', () => {
    for (const [options, text] of PFX_ARRAYS) {
      since(22)(`${described(options)} reads ${JSON.stringify(text)}`, () => {
        check({ ...STEM, ...options }, nameWith('pfx', text));
      });
    }
  });

  it('does not take one field for another', () => {
    const names = new Set();
    for (const field of FIELDS) {
      if (field !== 'sigalgs') names.add(agent.getName({ ...STEM, [field]: 'same' }));
    }
    assert.equal(names.size, FIELDS.length - 1);
  });

  it('sees an option that an object inherits', () => {
    const options = Object.create({ ca: 'inherited' });
    options.host = 'a.example';
    options.port = 443;
    assert.equal(agent.getName(options), nameWith('ca', 'inherited'));
  });

  it('sees an array that has grown', () => {
    const options = { ...STEM, ca: ['one'] };
    assert.equal(agent.getName(options), nameWith('ca', 'one'));
    options.ca.push('two');
    assert.equal(agent.getName(options), nameWith('ca', 'one,two'));
    options.ca[0] = 'three';
    assert.equal(agent.getName(options), nameWith('ca', 'three,two'));
  });

  it('does not change the options', () => {
    const options = Object.freeze({ ...STEM, ca: Object.freeze(['one']), pfx: 'x' });
    assert.equal(agent.getName(options), agent.getName(options));
    assert.deepEqual(options, { ...STEM, ca: ['one'], pfx: 'x' });
  });

  it('is a method without state: of the prototype and of a plain object', () => {
    const name = nameWith('ca', 'x');
    assert.equal(HttpsAgent.prototype.getName({ ...STEM, ca: 'x' }), name);
    assert.equal(HttpsAgent.prototype.getName.call({}, { ...STEM, ca: 'x' }), name);
  });

  it('throws what the text of an option throws', () => {
    const ca = {
      toString() {
        throw new TypeError('no text');
      },
    };
    for (let i = 0; i < 2; i++) {
      assert.throws(() => agent.getName({ ...STEM, ca }), { message: 'no text' });
    }
  });
});
