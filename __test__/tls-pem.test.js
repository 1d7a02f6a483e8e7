'use strict';

// The certificates in PEM that many may trust: read as OpenSSL reads them, and by it only where it
// is not plain that it can.

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const { certificateDersIn } = require('../lib/tls/pem');
const { certificate, selfSigned } = require('./support/certificates');
const { result, run } = require('./support/child');
const { pem } = require('./support/der');

// What OpenSSL makes of a block, or null.
function read(block) {
  try {
    return new X509Certificate(block).raw;
  } catch {
    return null;
  }
}

function ours(blocks) {
  try {
    return certificateDersIn(blocks, 'ca');
  } catch {
    return null;
  }
}

describe('certificates in PEM', function () {
  this.timeout(60_000);

  let cas;
  before(async () => {
    cas = await Promise.all([
      certificate({ subject: 'a.test', ca: true, pathLength: 1 }),
      certificate({ subject: 'C=DE, O=Räte, CN=b', ca: true, key: 'rsa' }),
      certificate({ subject: 'c', ca: null, keyUsage: null }),
    ]);
  });

  it('are those that OpenSSL reads, whatever byte of one is another', () => {
    let refused = 0;
    let taken = 0;
    for (const { der } of cas) {
      for (let at = 0; at < der.length; at++) {
        for (const mask of [0x01, 0x20, 0x80, 0xff]) {
          const other = Buffer.from(der);
          other[at] ^= mask;
          const block = pem('CERTIFICATE', other);
          const expected = read(block);
          const seen = ours([block]);
          const where = `${at} ^ ${mask}`;
          // What OpenSSL can't read ends its list, and is left to it.
          if (expected === null) assert.equal(seen, null, where);
          else assert.deepEqual(seen, [expected], where);
          if (expected === null) refused++;
          else taken++;
        }
      }
    }
    assert.ok(refused > 500 && taken > 500, `${refused} refused, ${taken} taken`);
  });

  it('are those that OpenSSL reads, whatever is added or missing', () => {
    for (const { der } of cas) {
      for (const other of [
        Buffer.concat([der, Buffer.from([0])]),
        Buffer.concat([der, der]),
        der.subarray(0, -1),
        der.subarray(1),
      ]) {
        const block = pem('CERTIFICATE', other);
        const expected = read(block);
        assert.deepEqual(ours([block]), expected && [expected]);
      }
    }
  });

  it('are in their order, be some plain and others not', () => {
    const [a, b, c] = cas;
    const headed = a.pem.replace('\n', '\nx-header: 1\n\n');
    const longer = Buffer.from(b.pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'));
    const values = [c.pem, `text\n${headed}${b.pem}`, longer];
    const expected = [c, a, b, b].map(({ der }) => der);
    const readable = read(headed) !== null;
    assert.deepEqual(ours(values), readable ? expected : null);
    assert.deepEqual(ours([c.pem + a.pem, longer]), [c.der, a.der, b.der]);
  });

  it('are not read by OpenSSL when they are a thousand', async () => {
    const { pem: text } = await selfSigned({ subject: 'one of many', ca: true });
    const seen = result(await run('tls-cas.js', [text, 1000]));
    assert.deepEqual(seen, { roots: 1, read: 0 });
  });
});
