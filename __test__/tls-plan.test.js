'use strict';

// How the options of tls.connect() become a plan for rustls.

const assert = require('node:assert/strict');
const { constants } = require('node:crypto');
const tls = require('node:tls');
const { planTls } = require('../lib/tls/plan');
const { makeToken } = require('../lib/tls/session-token');
const { result, run } = require('./support/child');

const HOST = { host: 'a.example', port: 443, servername: 'a.example' };

const [opensslMajor, opensslMinor] = process.versions.openssl.split('.').map(Number);
const hasPostQuantum = opensslMajor > 3 || (opensslMajor === 3 && opensslMinor >= 5);

function contextOf(options) {
  const { nodeOnly, context } = planTls({ ...HOST, ...options });
  assert.equal(nodeOnly, undefined);
  return context;
}

function nodeOnlyOf(options) {
  return planTls({ ...HOST, ...options }).nodeOnly;
}

function thrownBy(act) {
  try {
    act();
  } catch (error) {
    return { name: error.name, code: error.code, message: error.message };
  }
  return undefined;
}

describe('planTls', () => {
  describe('offers', () => {
    it('what rustls serves of the defaults', () => {
      const { suites, groups, schemes, versions, tickets } = contextOf();
      assert.deepEqual(versions, [0x0304, 0x0303]);
      assert.deepEqual(
        suites,
        [0x1302, 0x1303, 0x1301, 0xc02f, 0xc02b, 0xc030, 0xc02c, 0xcca9, 0xcca8],
      );
      const postQuantum = hasPostQuantum ? [0x11ec] : [];
      assert.deepEqual(groups, [...postQuantum, 0x1d, 0x17, 0x18]);
      const classical = [
        0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601,
      ];
      assert.deepEqual(
        schemes,
        hasPostQuantum ? [0x0905, 0x0906, 0x0904, ...classical] : classical,
      );
      assert.equal(tickets, true);
    });

    const tls13 = [0x1302, 0x1303, 0x1301];
    for (const [ciphers, suites, versions = [0x0304, 0x0303]] of [
      ['ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384', [...tls13, 0xcca8, 0xc02c]],
      ['TLS_AES_128_GCM_SHA256', [0x1301], [0x0304]],
      ['TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256', [0x1301], [0x0304]],
      ['TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256', [0x1303, 0xc02f]],
      ['ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-GCM-SHA256', tls13, [0x0304]],
      ['AES128-SHA', tls13, [0x0304]],
      ['HIGH:!aNULL:!MD5', [...tls13, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f]],
      ['ECDHE+AESGCM@SECLEVEL=2', [...tls13, 0xc02c, 0xc030, 0xc02b, 0xc02f]],
    ]) {
      it(`for the ciphers ${ciphers} what is left`, () => {
        const context = contextOf({ ciphers });
        assert.deepEqual(context.suites, suites);
        assert.deepEqual(context.versions, versions);
      });
    }

    for (const [title, options, versions] of [
      ['minVersion', { minVersion: 'TLSv1.3' }, [0x0304]],
      ['maxVersion', { maxVersion: 'TLSv1.2' }, [0x0303]],
      ['a wide range', { minVersion: 'TLSv1', maxVersion: 'TLSv1.3' }, [0x0304, 0x0303]],
      ['an old range', { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' }, [0x0303]],
      ['secureProtocol', { secureProtocol: 'TLSv1_2_method' }, [0x0303]],
      ['secureOptions', { secureOptions: constants.SSL_OP_NO_TLSv1_3 }, [0x0303]],
    ]) {
      it(`the versions that ${title} leaves`, () => {
        assert.deepEqual(contextOf(options).versions, versions);
      });
    }

    it('groups in the order of ecdhCurve', () => {
      assert.deepEqual(contextOf({ ecdhCurve: 'P-384:P-521:X25519' }).groups, [0x18, 0x1d]);
    });

    it('schemes in the order of sigalgs', () => {
      const sigalgs = 'rsa_pss_rsae_sha384:ecdsa_secp256r1_sha256:RSA+SHA1';
      assert.deepEqual(contextOf({ sigalgs }).schemes, [0x0805, 0x0403]);
    });

    it('no tickets where secureOptions switch them off', () => {
      assert.equal(contextOf({ secureOptions: constants.SSL_OP_NO_TICKET }).tickets, false);
    });

    for (const [name, value, member, expected] of [
      ['DEFAULT_CIPHERS', 'ECDHE-RSA-AES256-GCM-SHA384', 'suites', [...tls13, 0xc030]],
      ['DEFAULT_ECDH_CURVE', 'P-256', 'groups', [0x17]],
      ['DEFAULT_MIN_VERSION', 'TLSv1.3', 'versions', [0x0304]],
      ['DEFAULT_MAX_VERSION', 'TLSv1.2', 'versions', [0x0303]],
    ]) {
      it(`what tls.${name} says at the time`, () => {
        const before = tls[name];
        const context = contextOf();
        tls[name] = value;
        try {
          assert.deepEqual(contextOf()[member], expected);
        } finally {
          tls[name] = before;
        }
        assert.equal(contextOf(), context);
      });
    }
  });

  describe('leaves to Node', () => {
    for (const [name, value] of Object.entries({
      allowPartialTrustChain: true,
      certificateCompression: ['zlib'],
      clientCertEngine: 'engine',
      crl: 'a list',
      enableTrace: true,
      onread: { buffer: Buffer.alloc(1), callback() {} },
      pfx: Buffer.alloc(1),
      privateKeyEngine: 'engine',
      privateKeyIdentifier: 'key',
      pskCallback() {},
      requestOCSP: true,
      secureContext: tls.createSecureContext(),
      session: Buffer.from('of another engine'),
      socket: {},
    })) {
      it(name, () => assert.equal(nodeOnlyOf({ [name]: value }), name));
    }

    for (const [title, options] of [
      ['ciphers that rustls has none of', { ciphers: 'TLS_AES_128_CCM_SHA256' }],
      ['a cipher of TLS 1.2 that rustls lacks', { ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' }],
      ['a curve that rustls lacks', { ecdhCurve: 'P-521' }],
      ['such a curve as the first', { ecdhCurve: 'P-521:P-384' }],
      [
        'such a suite of TLS 1.3 as the first',
        { ciphers: 'TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256' },
      ],
      [
        'such a suite of TLS 1.2 as the first',
        {
          ciphers: 'ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-GCM-SHA256',
          maxVersion: 'TLSv1.2',
        },
      ],
      ['schemes that TLS 1.3 lacks', { sigalgs: 'RSA+SHA256' }],
      ['schemes that rustls lacks', { sigalgs: 'RSA+SHA1', ciphers: 'DEFAULT@SECLEVEL=0' }],
      [
        'versions below TLS 1.2',
        { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      ],
      ['a range without a version', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }],
      ['the method of a server', { secureProtocol: 'TLS_server_method' }],
    ]) {
      it(title, () => {
        const named = nodeOnlyOf(options).split(', ');
        assert.deepEqual(named.sort(), Object.keys(options).sort());
      });
    }

    for (const [title, options] of [
      ['security level 3', { ciphers: 'DEFAULT@SECLEVEL=3' }],
      [
        'security level 3 without tickets',
        { ciphers: 'DEFAULT@SECLEVEL=3', secureOptions: constants.SSL_OP_NO_TICKET },
      ],
    ]) {
      it(title, () => assert.equal(nodeOnlyOf(options), 'the security level'));
    }

    it('secureOptions that the ClientHello does not show', () => {
      const secureOptions = constants.SSL_OP_TLSEXT_PADDING ?? constants.SSL_OP_ALL;
      assert.equal(nodeOnlyOf({ secureOptions }), 'secureOptions');
    });

    for (const servername of ['é.example', '-a.example', 'a.example.', 'a..b', '127.1', 'a b']) {
      it(`the servername ${servername}`, () => {
        assert.equal(nodeOnlyOf({ servername }), 'servername');
      });
    }

    for (const host of ['é.example', 'fe80::1%lo', '1.2.3']) {
      it(`the host ${host}`, () => {
        assert.equal(nodeOnlyOf({ host, servername: '' }), 'host');
      });
    }

    it('connections while tls.createSecureContext is replaced', () => {
      const { createSecureContext } = tls;
      tls.createSecureContext = (options) => createSecureContext(options);
      try {
        assert.equal(nodeOnlyOf(), 'tls.createSecureContext');
      } finally {
        tls.createSecureContext = createSecureContext;
      }
      assert.equal(nodeOnlyOf(), undefined);
    });

    it('connections where it was replaced before', async () => {
      const args = ['contextReplaced', JSON.stringify(HOST)];
      const { nodeOnly } = result(await run('tls-plan.js', args));
      assert.equal(nodeOnly, 'tls.createSecureContext');
    });

    for (const flag of ['--trace-tls', '--tls-keylog']) {
      it(flag, async () => {
        const execArgv = [flag === '--tls-keylog' ? '--tls-keylog=/dev/null' : flag];
        const args = [JSON.stringify(HOST)];
        const { nodeOnly } = result(await run('tls-plan.js', args, { execArgv }));
        assert.equal(nodeOnly, flag);
      });
    }
  });

  describe('throws what tls.connect() throws', () => {
    for (const options of [
      { ciphers: 5 },
      { ciphers: 'none' },
      { ciphers: '!TLS_AES_128_GCM_SHA256' },
      { ecdhCurve: 'none' },
      { ecdhCurve: 5 },
      { sigalgs: '' },
      { sigalgs: 'none' },
      { minVersion: 'none' },
      { maxVersion: 'none' },
      { secureProtocol: 'none' },
      { secureProtocol: 'TLS_method', minVersion: 'TLSv1.2' },
      { secureOptions: 'none' },
      { secureOptions: 1.5 },
      { ca: 5 },
      { ca: [{}] },
      { ca: [['nested']] },
      { cert: 5 },
      { cert: 'none' },
      { key: 5 },
      { key: 'none' },
      { passphrase: 5, key: 'none' },
      { dhparam: 5 },
      { ticketKeys: Buffer.alloc(4) },
      { sessionIdContext: 5 },
      { sessionTimeout: -1 },
      { checkServerIdentity: undefined },
      { checkServerIdentity: 'none' },
      { minDHSize: undefined },
      { minDHSize: 0 },
      { ALPNProtocols: ['x'.repeat(256)] },
      { servername: 5 },
    ]) {
      it(`for ${JSON.stringify(options, (_, value) => value ?? String(value))}`, () => {
        const thrown = thrownBy(() => planTls({ ...HOST, ...options }));
        assert.ok(thrown);
        // With a lookup that never answers, no connection is begun.
        const connect = () => tls.connect({ ...HOST, ...options, lookup() {} });
        assert.deepEqual(thrown, thrownBy(connect));
      });
    }

    it('each time', () => {
      for (let i = 0; i < 2; i++) {
        assert.throws(() => planTls({ ...HOST, ciphers: 'none' }), {
          code: 'ERR_SSL_NO_CIPHER_MATCH',
        });
      }
    });
  });

  // A Node that reads an option which this list lacks needs a decision: OpenSSL's ClientHello says
  // all about it, or it is left to Node.
  it('knows every option that createSecureContext() reads', () => {
    const known = new Set([
      'allowPartialTrustChain',
      'ca',
      'cert',
      'certificateCompression',
      'ciphers',
      'clientCertEngine',
      'crl',
      'dhparam',
      'ecdhCurve',
      'honorCipherOrder',
      'key',
      'maxVersion',
      'minVersion',
      'passphrase',
      'pfx',
      'privateKeyEngine',
      'privateKeyIdentifier',
      'secureOptions',
      'secureProtocol',
      'sessionIdContext',
      'sessionTimeout',
      'sigalgs',
      'singleUse',
      'ticketKeys',
    ]);
    const read = new Set();
    const get = (target, name) => {
      read.add(name);
      return target[name];
    };
    tls.createSecureContext(new Proxy({}, { get }));
    assert.ok(read.has('ca'));
    assert.deepEqual(
      [...read].filter((name) => !known.has(name)),
      [],
    );
  });

  describe('names', () => {
    for (const [options, serverName, identity] of [
      [{ host: 'a.example', servername: 'b.example' }, 'b.example', 'b.example'],
      [{ host: 'a.example' }, null, 'a.example'],
      [{ host: 'a.example', servername: '' }, null, 'a.example'],
      [{ host: '127.0.0.1', servername: '' }, null, '127.0.0.1'],
      [{ host: '::1', servername: '' }, null, '::1'],
      [{ path: '/run/x.sock' }, null, 'localhost'],
      [{ host: 'under_score.A-1.example' }, null, 'under_score.A-1.example'],
    ]) {
      it(`of ${JSON.stringify(options)}`, () => {
        const plan = planTls(options);
        assert.equal(plan.serverName, serverName);
        assert.equal(plan.identity, identity);
      });
    }

    it('leave an address as servername to Node, which warns or throws', () => {
      const options = { ...HOST, servername: '1.2.3.4' };
      if (Number(process.versions.node.split('.')[0]) < 26) {
        assert.equal(planTls(options).nodeOnly, 'servername');
      } else {
        assert.throws(() => planTls(options), { code: 'ERR_INVALID_ARG_VALUE' });
      }
    });
  });

  describe('ALPN', () => {
    const both = ['h2', 'http/1.1'];
    const wire = Buffer.from('\x02h2\x08http/1.1');
    for (const [title, ALPNProtocols, names] of [
      ['none', undefined, null],
      ['null', null, null],
      ['an empty list', [], null],
      ['strings', both, both],
      ['a Buffer', wire, both],
      ['a Uint8Array', new Uint8Array(wire), both],
      ['a DataView', new DataView(new Uint8Array(wire).buffer), both],
      ['a long name', ['x'.repeat(255)], ['x'.repeat(255)]],
      ['not ASCII', ['é'], ['é']],
    ]) {
      it(`of ${title}`, () => {
        const { alpn } = planTls({ ...HOST, ALPNProtocols });
        const expected = names?.map((name) => Buffer.from(name)) ?? null;
        assert.deepEqual(alpn, expected);
      });
    }
  });

  describe('checkServerIdentity', () => {
    it("is null for Node's own", () => {
      const { checkServerIdentity } = tls;
      assert.equal(planTls(HOST).checkServerIdentity, null);
      assert.equal(planTls({ ...HOST, checkServerIdentity }).checkServerIdentity, null);
    });

    it("is the program's, and is not called", () => {
      const checkServerIdentity = () => assert.fail();
      const plan = planTls({ ...HOST, checkServerIdentity });
      assert.equal(plan.checkServerIdentity, checkServerIdentity);
    });

    it("is the program's where it replaced Node's", async () => {
      const { checkServerIdentity } = tls;
      tls.checkServerIdentity = () => undefined;
      try {
        assert.equal(planTls(HOST).checkServerIdentity, tls.checkServerIdentity);
      } finally {
        tls.checkServerIdentity = checkServerIdentity;
      }
      const args = ['identityCheckReplaced', JSON.stringify(HOST)];
      assert.equal(result(await run('tls-plan.js', args)).check, 'replacement');
    });
  });

  describe('rejectUnauthorized', () => {
    for (const [value, expected] of [
      [true, true],
      [false, false],
      [undefined, true],
      [null, true],
      [0, true],
    ]) {
      it(`given as ${value} is ${expected}`, () => {
        assert.equal(planTls({ ...HOST, rejectUnauthorized: value }).rejectUnauthorized, expected);
      });
    }

    it('is true by default', () => assert.equal(planTls(HOST).rejectUnauthorized, true));

    const allowed = { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } };
    for (const [options, expected] of [
      [{}, false],
      [{ rejectUnauthorized: true }, true],
    ]) {
      it(`${JSON.stringify(options)} with NODE_TLS_REJECT_UNAUTHORIZED=0 warns once`, async () => {
        const args = [JSON.stringify({ ...HOST, ...options })];
        const ended = await run('tls-plan.js', args, allowed);
        assert.equal(result(ended).rejectUnauthorized, expected);
        assert.equal(ended.stderr.split('NODE_TLS_REJECT_UNAUTHORIZED').length, 2);
      });
    }

    it('follows a variable that is set afterwards, with the warning', async () => {
      const args = ['allowedAfterwards', JSON.stringify(HOST)];
      const ended = await run('tls-plan.js', args);
      assert.equal(result(ended).rejectUnauthorized, false);
      assert.equal(ended.stderr.split('NODE_TLS_REJECT_UNAUTHORIZED').length, 2);
    });
  });

  describe('session', () => {
    it("is oxagent's own token", () => {
      const session = makeToken('a.example', 1);
      assert.equal(planTls({ ...HOST, session }).session, session);
    });

    for (const session of [undefined, null, '']) {
      it(`given as ${JSON.stringify(session)} is none`, () => {
        assert.equal(planTls({ ...HOST, session }).session, null);
      });
    }
  });

  it('ignores what the options inherit, as Node does', () => {
    const options = Object.assign(Object.create({ ciphers: 5, crl: 'a list' }), HOST);
    assert.equal(planTls(options).context, contextOf());
  });
});
