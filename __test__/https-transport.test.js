'use strict';

// Who carries a connection: rustls, or Node's own transport for what rustls cannot serve.

const assert = require('node:assert/strict');
const tls = require('node:tls');
const {
  answer,
  closed,
  differs,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
} = require('./support/https-agent');
const { certificate, crl, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const nodeMajor = Number(process.versions.node.split('.')[0]);
const own = differs('it has one transport');

describe('HttpsAgent option transport', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let made;
  before(async () => {
    made = await pki();
    ca = made.root.pem;
  });

  const transportOf = async (options) => (await answer(getSecure(options))).socket.transport;

  own('absent is auto, which is rustls for what rustls can serve', async () => {
    const site = await serveTls();
    const { client } = made;
    for (const options of [
      {},
      { transport: undefined },
      { transport: 'auto' },
      { cert: client.chain, key: client.key },
      { ciphers: 'ECDHE+AESGCM', minVersion: 'TLSv1.2' },
      { rejectUnauthorized: false },
      { ALPNProtocols: ['http/1.1'] },
      { checkServerIdentity: () => undefined },
      { ecdhCurve: 'P-256:X25519' },
      { servername: '' },
    ]) {
      const agent = httpsAgentWith({ ca, ...options });
      assert.equal(await transportOf({ port: site.port, agent }), 'rustls');
    }
  });

  own('is told of the socket from the start, and of a parked one', async () => {
    const site = await serveTls();
    for (const transport of ['rustls', 'node']) {
      const agent = httpsAgentWith({ ca, transport, keepAlive: true });
      const req = getSecure({ port: site.port, agent });
      const [[socket]] = Object.values(agent.sockets);
      assert.equal(socket.transport, transport);
      await answer(req);
      const [[parked]] = Object.values(agent.freeSockets);
      assert.equal(parked, socket);
      assert.equal(parked.transport, transport);
    }
  });

  for (const transport of ['rustls', 'node']) {
    for (const where of ['agent', 'request']) {
      own(`${transport} of the ${where} is obeyed`, async () => {
        const site = await serveTls();
        const given = { transport };
        const agent = httpsAgentWith({ ca, ...(where === 'agent' && given) });
        const request = where === 'request' ? given : {};
        const { socket, body } = await answer(getSecure({ port: site.port, agent, ...request }));
        assert.equal(body, '1');
        assert.equal(socket.transport, transport);
        assert.ok(socket instanceof tls.TLSSocket);
        assert.equal(socket.authorized, true);
      });
    }

    own(`${transport} refuses whom it does not know`, async () => {
      const site = await serveTls();
      const error = await failure(
        getSecure({ port: site.port, agent: httpsAgentWith({ transport }) }),
      );
      assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
      assert.equal(site.requests, 0);
    });

    own(`${transport} keeps, limits and resumes`, async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, transport, keepAlive: true, maxSockets: 1 });
      const reqs = [1, 2, 3].map(() => getSecure({ port: site.port, agent }));
      for (const { socket } of await Promise.all(reqs.map(answer))) {
        assert.equal(socket.transport, transport);
      }
      assert.equal(site.connections, 1);
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      agent.destroy();
      await closed(socket);
      await answer(getSecure({ port: site.port, agent }));
      assert.equal(site.resumed, 1);
    });
  }

  own("the agent's comes before a request's", async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, transport: 'node' });
    assert.equal(await transportOf({ port: site.port, transport: 'rustls', agent }), 'node');
  });

  for (const transport of ['', 'openssl', 'RUSTLS', 1, true, false, {}, [], ['node'], () => {}]) {
    own(`${String(transport) || "''"} (${typeof transport}) throws`, async () => {
      const site = await serveTls();
      const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /transport/ };
      assert.throws(
        () => getSecure({ port: site.port, agent: httpsAgentWith({ ca, transport }) }),
        expected,
      );
      const agent = httpsAgentWith({ ca });
      assert.throws(() => getSecure({ port: site.port, transport, agent }), expected);
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(site.connections, 0);
    });
  }

  // What rustls cannot serve: [options, options of a server for them].
  const OUT_OF_REACH = {
    secureContext: () => [{ secureContext: tls.createSecureContext({ ca: made.root.pem }) }],
    crl: async () => [{ crl: [await crl(made.root), await crl(made.intermediate)] }],
    requestOCSP: () => [{ requestOCSP: true }],
    allowPartialTrustChain: () => [{ allowPartialTrustChain: true }],
    pskCallback: () => [{ pskCallback: () => null }],
    onread: () => [{ onread: { buffer: Buffer.alloc(65536), callback: () => true } }],
    enableTrace: () => [{ enableTrace: true }],
    ciphers: async () => {
      const rsa = await certificate({ issuer: made.intermediate, key: 'rsa' });
      return [
        { ciphers: 'AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
        { cert: rsa.chain, key: rsa.key, ciphers: 'ALL' },
      ];
    },
    'ciphers of TLS 1.3': () => [
      { ciphers: 'TLS_AES_128_CCM_SHA256' },
      { ciphers: 'TLS_AES_128_CCM_SHA256' },
    ],
    ecdhCurve: () => [{ ecdhCurve: 'P-521' }],
    maxVersion: () => [
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' },
      { minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
    ],
    secureProtocol: () => [
      { secureProtocol: 'TLSv1_1_method', ciphers: 'ALL@SECLEVEL=0' },
      { minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' },
    ],
    key: async () => {
      const other = await certificate({ issuer: made.intermediate, key: 'rsa', names: [] });
      const { client } = made;
      return [{ cert: [client.chain, other.chain], key: [client.key, other.key] }];
    },
    certificateCompression: () => [{ certificateCompression: ['zlib'] }],
  };
  if (nodeMajor < 26) delete OUT_OF_REACH.certificateCompression;
  if (nodeMajor < 22) delete OUT_OF_REACH.allowPartialTrustChain;

  for (const [name, make] of Object.entries(OUT_OF_REACH)) {
    const [option] = name.split(' ');

    own(`rustls with ${name} throws, naming it`, async () => {
      const site = await serveTls();
      const [options] = await make();
      const expected = {
        code: 'ERR_INVALID_ARG_VALUE',
        message: new RegExp(option === 'key' ? 'key|cert' : option),
      };
      assert.throws(
        () =>
          getSecure({
            port: site.port,
            agent: httpsAgentWith({ ca, transport: 'rustls', ...options }),
          }),
        expected,
      );
      const agent = httpsAgentWith({ ca });
      assert.throws(
        () => getSecure({ port: site.port, transport: 'rustls', ...options, agent }),
        expected,
      );
      assert.equal(agent.totalSocketCount, 0);
      assert.equal(site.connections, 0);
    });

    // An answer that goes to the program's own buffer, or a trace on stderr, is not for a test.
    if (option === 'onread' || option === 'enableTrace') continue;

    own(`auto with ${name} is node`, async () => {
      const [options, served = {}] = await make();
      const site = await serveTls(served, (_req, res) => res.end('answered'));
      const agent = httpsAgentWith({ ca, ...options });
      const { socket, body } = await answer(getSecure({ port: site.port, agent }));
      assert.equal(body, 'answered');
      assert.equal(socket.transport, 'node');
      assert.equal(site.connections, 1);
    });
  }

  const ANCIENT = { ciphers: 'ECDHE-ECDSA-AES128-SHA256', maxVersion: 'TLSv1.2' };

  own('auto goes over to node when the server knows nothing that rustls does', async () => {
    const site = await serveTls(ANCIENT, (_req, res) => res.end('answered'));
    const agent = httpsAgentWith({ ca });
    const { socket, body } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(body, 'answered');
    assert.equal(socket.transport, 'node');
    assert.equal(socket.authorized, true);
    const connections = site.connections;
    await closed(socket);
    // It has learned: the next one tries no rustls first.
    assert.equal(await transportOf({ port: site.port, agent }), 'node');
    assert.equal(site.connections, connections + 1);
  });

  own('auto goes over to node, and still refuses whom it does not know', async () => {
    const site = await serveTls(ANCIENT);
    const error = await failure(getSecure({ port: site.port, agent: httpsAgentWith() }));
    assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    assert.equal(site.requests, 0);
  });

  own('rustls does not go over', async () => {
    const site = await serveTls(ANCIENT);
    const agent = httpsAgentWith({ ca, transport: 'rustls' });
    const error = await failure(getSecure({ port: site.port, agent }));
    assert.match(error.message, /handshake failure/);
    assert.equal(site.connections, 1);
    assert.equal(agent.totalSocketCount, 0);
  });

  own('is nothing that Node sees in the name', () => {
    const agent = httpsAgentWith({ ca });
    const options = { host: 'a.example', port: 443 };
    assert.equal(agent.getName({ ...options, transport: 'node' }), agent.getName(options));
  });
});
