'use strict';

// A TLS 1.2 server may ask for a second handshake. Node's own transport agrees to it; another one
// may refuse, but then the request fails at once, and the next one is served.

const assert = require('node:assert');
const { pki } = require('./support/certificates');
const { answer, getSecure, httpsAgentWith, stock } = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, observe } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

describe('TLS errors: a server that renegotiates', () => {
  let ca;

  before(async () => {
    ca = (await pki()).root.pem;
  });

  afterEach(cleanUp);

  const MOMENTS = [
    [
      'before its answer',
      (req, res) => {
        req.socket.renegotiate({}, () => res.end('the answer'));
      },
    ],
    [
      'inside its answer',
      (req, res) => {
        res.write('the ');
        req.socket.renegotiate({}, () => res.end('answer'));
      },
    ],
  ];

  for (const [title, listener] of MOMENTS) {
    it(`${title}: Node's transport serves the request`, async () => {
      const site = await serveTls({ maxVersion: 'TLSv1.2' }, listener);
      const agent = httpsAgentWith({ ca, transport: 'node' });
      const { body } = await answer(getSecure({ port: site.port, agent }));
      assert.strictEqual(body, 'the answer');
      assert.strictEqual(site.connections, 1);
    });

    it(`${title}: the request is answered or fails, and never hangs`, async () => {
      const site = await serveTls({ maxVersion: 'TLSv1.2' }, (req, res) => {
        if (req.url === '/calm') res.end();
        else listener(req, res);
      });
      const agent = httpsAgentWith({ ca });
      const seen = await observe(agent, { port: site.port });
      const answered = seen.events.includes('response end');
      const failed = seen.events.some((name) => /^(error|response error)/.test(name));
      assert.notStrictEqual(answered, failed, `one end of the request: ${seen.events}`);
      if (stock) assert.ok(answered);
      if (seen.error) assert.ok(seen.error.code);
      assertIdle(agent);
      const { res } = await answer(getSecure({ port: site.port, path: '/calm', agent }));
      assert.strictEqual(res.statusCode, 200);
    });
  }

  // There is none in TLS 1.3: who rules that version out is taken at their word.
  for (const options of [{ maxVersion: 'TLSv1.2' }, { secureProtocol: 'TLSv1_2_method' }]) {
    for (const [title, listener] of MOMENTS) {
      it(`${title}, with ${JSON.stringify(options)}: the request is answered`, async () => {
        const site = await serveTls({}, listener);
        const agent = httpsAgentWith({ ca, ...options });
        const { body } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(body, 'the answer');
        assert.strictEqual(site.connections, 1);
      });
    }

    it(`the program may, with ${JSON.stringify(options)}`, async () => {
      const site = await serveTls({}, (req, res) => res.end('the answer'));
      const agent = httpsAgentWith({ ca, keepAlive: true, ...options });
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      await new Promise((resolve, reject) => {
        socket.renegotiate({}, (err) => (err ? reject(err) : resolve()));
      });
      const again = await answer(getSecure({ port: site.port, agent }));
      assert.strictEqual(again.socket, socket);
      assert.strictEqual(site.connections, 1);
    });
  }

  const agreed = (resolve) => (err) => {
    if (!err) resolve();
  };

  it('on a connection that waits in the pool: the next request is answered', async () => {
    let renegotiated;
    const site = await serveTls({ maxVersion: 'TLSv1.2' }, (req, res) => {
      res.end('the answer');
      const { socket } = req;
      renegotiated ??= new Promise((resolve) => {
        res.on('finish', () => setImmediate(() => socket.renegotiate({}, agreed(resolve))));
        // Who does not agree closes the connection, and errors may come before that.
        socket.once('close', resolve);
      });
    });
    const agent = httpsAgentWith({ ca, keepAlive: true });
    await answer(getSecure({ port: site.port, agent }));
    await renegotiated;
    const { body } = await answer(getSecure({ port: site.port, agent }));
    assert.strictEqual(body, 'the answer');
    assert.ok(site.connections <= 2);
  });
});
