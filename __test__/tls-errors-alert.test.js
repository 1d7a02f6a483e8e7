'use strict';

// A server that refuses the handshake says why in an alert. Node's error tells the alert by its
// code where nothing waits to be written, and as EPROTO of that write where something does.

const assert = require('node:assert');
const {
  answer,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { cleanUp } = require('./support/peer');
const { sameFailure } = require('./support/tls-failure');
const { alert, between, serveBytes } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

// Those that have a name; 255 has none.
const NUMBERS = [
  10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 60, 70, 71, 80, 86, 90, 100,
  109, 110, 111, 112, 113, 114, 115, 116, 120,
];
const NAMELESS = [0, 255];

describe('TLS errors: alerts in the handshake', () => {
  let ca;

  before(async () => {
    ca = (await pki()).root.pem;
  });

  afterEach(cleanUp);

  for (const number of [...NUMBERS, ...NAMELESS]) {
    it(`alert ${number} fails a request whose head waits with EPROTO`, async () => {
      const site = await serveBytes((socket) => socket.end(alert(number)));
      const { seen } = await sameFailure(site.port, { ca }, { code: 'EPROTO' });
      assert.strictEqual(seen.error.syscall, 'write');
      assert.ok(seen.error.message.includes(`SSL alert number ${number}\n`));
    });
  }

  for (const number of NUMBERS) {
    it(`alert ${number} fails a request that has written nothing with the alert's code`, async () => {
      const site = await serveBytes((socket) => socket.end(alert(number)));
      const { seen } = await sameFailure(site.port, { ca }, { start: requestSecure });
      assert.match(seen.error.code, /^ERR_SSL_/);
      assert.ok(seen.error.reason);
    });
  }

  for (const number of NAMELESS) {
    it(`alert ${number} counts as the end where nothing has been written`, async () => {
      const site = await serveBytes((socket) => socket.end(alert(number)));
      await sameFailure(site.port, { ca }, { start: requestSecure, code: 'ECONNRESET' });
    });
  }

  it('a warning close_notify counts as the end', async () => {
    const site = await serveBytes((socket) => socket.end(alert(0, 1)));
    await sameFailure(site.port, { ca }, { code: 'ECONNRESET' });
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`a warning before the server's hello does not stop ${version}`, async () => {
      const site = await serveTls({ maxVersion: version });
      const middle = await between(site.port, {
        fromServer({ number, bytes }) {
          if (number === 0) return Buffer.concat([alert(112, 1), bytes]);
        },
      });
      const at = { port: middle.port };
      await answer(getSecure({ ...at, agent: nodeAgentWith({ ca }) }));
      const { res } = await answer(getSecure({ ...at, agent: httpsAgentWith({ ca }) }));
      assert.strictEqual(res.statusCode, 200);
    });
  }

  const REFUSALS = [
    ['another version', { minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }],
    [
      'other suites',
      { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' },
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    ],
    ['other groups', { ecdhCurve: 'P-256' }, { ecdhCurve: 'P-384' }],
    ['another protocol', { ALPNProtocols: ['h2'] }, { ALPNProtocols: ['http/1.1'] }],
  ];

  for (const [title, serverOptions, agentOptions] of REFUSALS) {
    it(`a server that speaks ${title}`, async () => {
      const site = await serveTls(serverOptions);
      await sameFailure(site.port, { ca, ...agentOptions }, { code: 'EPROTO' });
      await sameFailure(site.port, { ca, ...agentOptions }, { start: requestSecure });
      assert.strictEqual(site.requests, 0);
    });
  }
});
