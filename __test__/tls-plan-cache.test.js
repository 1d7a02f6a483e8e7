'use strict';

// A plan's cost and what it leaves behind: the same options are read once.

const assert = require('node:assert/strict');
const { createHook } = require('node:async_hooks');
const { createPrivateKey } = require('node:crypto');
const { getEventListeners } = require('node:events');
const { inspect } = require('node:util');
const { planTls } = require('../lib/tls/plan');
const { pki } = require('./support/certificates');
const { run } = require('./support/child');

const HOST = { host: 'a.example', port: 443, servername: 'a.example' };

function contextOf(options) {
  const { nodeOnly, context } = planTls({ ...HOST, ...options });
  assert.equal(nodeOnly, undefined);
  return context;
}

// The in-memory connections that are made meanwhile.
function readings(act) {
  const handles = [];
  const hook = createHook({
    init(id, type, triggerId, resource) {
      if (type === 'TLSWRAP') handles.push(resource);
    },
  });
  hook.enable();
  try {
    act();
  } finally {
    hook.disable();
  }
  return handles.map(ownerOf);
}

function ownerOf(handle) {
  const symbols = Object.getOwnPropertySymbols(handle);
  return handle[symbols.find(({ description }) => description === 'owner_symbol')];
}

function countReadings(act) {
  return readings(act).length;
}

// A socket takes several turns of the loop to close.
async function settle() {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

describe('plans of the same options', () => {
  let client;
  let server;
  let root;
  before(async () => {
    ({ client, server, root } = await pki());
  });

  it('have the same context, and ask OpenSSL once', () => {
    const options = { ca: [root.pem], sessionTimeout: 11 };
    let context;
    assert.equal(
      countReadings(() => {
        context = contextOf(options);
      }),
      1,
    );
    assert.equal(
      countReadings(() => {
        const other = { ...HOST, servername: 'b.example', ca: [root.pem], sessionTimeout: 11 };
        assert.equal(planTls(other).context, context);
      }),
      0,
    );
  });

  it('that are left to Node ask OpenSSL once', () => {
    const options = { ...HOST, ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' };
    const { nodeOnly } = planTls(options);
    assert.ok(nodeOnly);
    assert.equal(
      countReadings(() => assert.equal(planTls(options).nodeOnly, nodeOnly)),
      0,
    );
  });

  it('whatever else they hold', () => {
    const context = contextOf();
    assert.equal(contextOf({ port: 1, method: 'POST', timeout: 3, headers: {} }), context);
    assert.equal(contextOf({ rejectUnauthorized: false, minVersion: undefined }), context);
    assert.equal(contextOf({ checkServerIdentity: () => {} }), context);
  });

  for (const [title, first, second] of [
    ['ciphers', { ciphers: 'ECDHE+AESGCM' }, { ciphers: 'ECDHE+CHACHA20' }],
    ['versions', { minVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }],
    ['a list and its only element', { ca: 'x' }, { ca: ['x'] }],
    ['ALPNProtocols', { ALPNProtocols: ['a'] }, { ALPNProtocols: ['b'] }],
  ]) {
    it(`differ by ${title}`, () => assert.notEqual(contextOf(first), contextOf(second)));
  }

  it('see a list that has grown', () => {
    const ca = [root.pem];
    const { own } = contextOf({ ca }).roots;
    assert.deepEqual(own, [root.der]);
    ca.push(server.pem);
    assert.deepEqual(contextOf({ ca }).roots.own, [root.der, server.der]);
    ca.pop();
    assert.equal(contextOf({ ca }).roots.own, own);
  });

  for (const [form, made] of [
    ['Buffer', (pem) => Buffer.from(pem)],
    ['Uint8Array', (pem) => new Uint8Array(Buffer.from(pem))],
    ['DataView', (pem) => new DataView(new Uint8Array(Buffer.from(pem)).buffer)],
  ]) {
    it(`have the same context with each ${form} of the same bytes`, () => {
      const given = () => ({
        ca: [made(root.pem), made(server.pem)],
        cert: made(client.chain),
        key: [{ pem: made(client.key), passphrase: 'none' }],
        sessionIdContext: form,
      });
      const context = contextOf(given());
      assert.ok(context.certificate);
      assert.equal(
        countReadings(() => assert.equal(contextOf(given()), context)),
        0,
      );
      assert.notEqual(contextOf({ ...given(), ca: [made(root.pem)] }), context);
      assert.equal(
        contextOf({ ca: made(root.pem) }).roots,
        contextOf({ ca: made(root.pem) }).roots,
      );
    });

    it(`see a ${form} that was written into`, () => {
      const ca = made(`${root.pem}\n${server.pem}`);
      const { own } = contextOf({ ca }).roots;
      assert.deepEqual(own, [root.der, server.der]);
      const bytes = Buffer.from(ca.buffer, ca.byteOffset, ca.byteLength);
      bytes.fill('\n');
      bytes.write(server.pem);
      assert.deepEqual(contextOf({ ca }).roots.own, [server.der]);
    });
  }

  it('see a key that has changed within its object', () => {
    const key = [{ pem: client.key }];
    const cert = client.pem;
    assert.ok(contextOf({ cert, key }).certificate);
    key[0].pem = server.key;
    assert.throws(() => contextOf({ cert, key }), { code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' });
  });

  it('share the roots with options that differ elsewhere', () => {
    assert.equal(contextOf().roots, contextOf({ minVersion: 'TLSv1.3' }).roots);
    const ca = root.pem;
    assert.equal(contextOf({ ca }).roots, contextOf({ ca, minVersion: 'TLSv1.3' }).roots);
  });

  it('are forgotten when a hundred others have come since', () => {
    const often = contextOf({ sessionTimeout: 1000 });
    const once = contextOf({ sessionTimeout: 1001 });
    for (let i = 0; i < 99; i++) {
      contextOf({ sessionTimeout: 2000 + i });
      assert.equal(contextOf({ sessionTimeout: 1000 }), often);
    }
    assert.notEqual(contextOf({ sessionTimeout: 1001 }), once);
    assert.equal(contextOf({ sessionTimeout: 1000 }), often);
  });
});

describe('making a plan', () => {
  it("does not touch the program's signal, lookup and callbacks", async () => {
    const { signal } = new AbortController();
    const plan = planTls({
      ...HOST,
      signal,
      lookup: assert.fail,
      checkServerIdentity: assert.fail,
      timeout: 1,
      sessionTimeout: 3001,
    });
    assert.ok(plan.context);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
    await settle();
  });

  it('leaves no handle and no listener', async () => {
    const listeners = () => process.eventNames().map((name) => process.listenerCount(name));
    contextOf();
    await settle();
    const before = [process.getActiveResourcesInfo().sort(), listeners()];
    for (let i = 0; i < 20; i++) contextOf({ sessionTimeout: 4000 + i });
    assert.throws(() => planTls({ ...HOST, ALPNProtocols: ['x'.repeat(256)] }));
    planTls({ ...HOST, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' });
    await settle();
    assert.deepEqual([process.getActiveResourcesInfo().sort(), listeners()], before);
  });

  it('closes the connection that it makes', async () => {
    const sockets = readings(() => {
      contextOf({ sessionTimeout: 5000 });
      const none = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2', sessionTimeout: 5001 };
      assert.ok(planTls({ ...HOST, ...none }).nodeOnly);
    });
    assert.equal(sockets.length, 2);
    await settle();
    for (const socket of sockets) assert.ok(socket.closed);
  });

  it('lets the process end, in silence', async () => {
    const args = [JSON.stringify({ ...HOST, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' })];
    const { code, stderr } = await run('tls-plan.js', args);
    assert.equal(stderr, '');
    assert.equal(code, 0);
  });

  it('works in a worker', async () => {
    const { code, stdout } = await run('tls-plan.js', ['worker', JSON.stringify(HOST)]);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).isSame, true);
  });

  it('shows no secret', async () => {
    const { client } = await pki();
    const passphrase = 'open sesame';
    const key = createPrivateKey(client.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    const plan = planTls({ ...HOST, cert: client.pem, key, passphrase });
    const der = plan.context.certificate.key;
    assert.ok(der.equals(client.keyObject.export({ type: 'pkcs8', format: 'der' })));
    const shown =
      inspect(plan, { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null }) +
      JSON.stringify(plan);
    for (const secret of [passphrase, ...key.split('\n').slice(1, 3), inspect(der).slice(8, 40)]) {
      assert.ok(!shown.includes(secret));
    }
    assert.throws(
      () => planTls({ ...HOST, cert: client.pem, key, passphrase: 'close sesame' }),
      (error) => !inspect(error, { depth: Infinity, showHidden: true }).includes('sesame'),
    );
  });
});
