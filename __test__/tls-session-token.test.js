'use strict';

const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');
const { isToken, makeToken, readToken } = require('../lib/tls/session-token');

describe('session token', () => {
  for (const id of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    it(`gives the id ${id} back for its name`, () => {
      const token = makeToken('a.example', id);
      assert.ok(isToken(token));
      assert.deepEqual(readToken(token, 'a.example'), { id, authorizationError: '' });
    });
  }

  it('keeps what was wrong with the certificates', () => {
    const token = makeToken('a.example', 7, 'CERT_HAS_EXPIRED');
    const { authorizationError } = readToken(token, 'a.example');
    assert.equal(authorizationError, 'CERT_HAS_EXPIRED');
  });

  it('takes any name', () => {
    for (const name of ['', 'é.example', '::1', 'x'.repeat(1000)]) {
      assert.equal(readToken(makeToken(name, 7), name).id, 7);
    }
  });

  it('says nothing to another name', () => {
    const token = makeToken('a.example', 7);
    for (const name of ['b.example', 'a.exampl', 'a.example.', '', 'A.example']) {
      assert.equal(readToken(token, name), undefined);
    }
  });

  it('says nothing to another thread', async () => {
    const source = `
      const { parentPort } = require('node:worker_threads');
      const { makeToken } = require(${JSON.stringify(require.resolve('../lib/tls/session-token'))});
      parentPort.postMessage(makeToken('a.example', 7));
    `;
    const worker = new Worker(source, { eval: true });
    const bytes = await new Promise((resolve, reject) => {
      worker.on('message', resolve);
      worker.on('error', reject);
    });
    const token = Buffer.from(bytes);
    assert.ok(isToken(token));
    assert.equal(readToken(token, 'a.example'), undefined);
  });

  it('is told from what is none', () => {
    const token = makeToken('a.example', 7);
    for (const value of [
      undefined,
      null,
      'oxagent tls session ',
      Buffer.alloc(0),
      Buffer.alloc(200),
      new Uint8Array(token),
      token.subarray(1),
    ]) {
      assert.ok(!isToken(value));
      assert.equal(readToken(value, 'a.example'), undefined);
    }
  });

  it('that was cut short says nothing', () => {
    const token = makeToken('a.example', 7, 'CERT_HAS_EXPIRED');
    for (let length = 0; length < token.length; length++) {
      assert.equal(readToken(token.subarray(0, length), 'a.example'), undefined);
    }
  });
});
