'use strict';

// A TLS 1.2 server may ask for a second handshake, mostly to see the client's certificate. Node's own
// transport agrees to it; rustls does not, and what may be sent twice is sent again over Node's.

const assert = require('node:assert');
const { constants } = require('node:crypto');
const { once } = require('node:events');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  closed,
  differs,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
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

  describe('before its answer', () => {
    const PRIVATE = '/private';

    // It asks each connection for a certificate once, where PRIVATE is requested, and answers whom it
    // sees.
    function serveLocations(options) {
      const asked = { requestCert: true, rejectUnauthorized: false };
      const secureOptions = constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION;
      const all = { maxVersion: 'TLSv1.2', ca, secureOptions, ...options };
      const seen = new WeakSet();
      return serveTls(all, async (req, res) => {
        const { socket } = req;
        const chunks = await req.toArray();
        const tell = () => {
          const name = socket.getPeerCertificate()?.subject?.CN ?? 'nobody';
          const said = `${req.method} ${name} ${Buffer.concat(chunks)}`;
          res.setHeader('content-length', said.length);
          res.end(said);
        };
        if (req.url !== PRIVATE || seen.has(socket)) {
          tell();
          return;
        }
        seen.add(socket);
        socket.renegotiate(asked, (err) => err ?? tell());
      });
    }

    const at = (site, options) => ({ port: site.port, path: PRIVATE, ...options });

    const send = ({ body, ...options }) => requestSecure(options).end(body);

    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      it(`${method}: the first request is answered, and the next by one connection`, async () => {
        const site = await serveLocations();
        const body = method === 'PUT' ? 'a body' : undefined;
        const said = method === 'HEAD' ? '' : `${method} nobody ${body ?? ''}`;
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const first = await answer(send(at(site, { agent, method, body })));
        assert.strictEqual(first.body, said);
        const { connections } = site;
        const second = await answer(send(at(site, { agent, method, body })));
        assert.strictEqual(second.body, said);
        assert.strictEqual(second.socket, first.socket);
        assert.strictEqual(site.connections, connections);
        if (stock) return;
        assert.strictEqual(connections, 2);
        assert.strictEqual(first.socket.transport, 'node');
        assert.strictEqual(first.socket.replays, 1);
        assert.strictEqual(first.socket.authorized, true);
      });
    }

    it('a request over a connection that was used is answered', async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const first = await answer(getSecure({ port: site.port, agent }));
      const second = await answer(getSecure(at(site, { agent })));
      assert.strictEqual(second.body, 'GET nobody ');
      assert.strictEqual(second.socket, first.socket);
      if (!stock) assert.strictEqual(second.socket.replays, 1);
    });

    it('many at once are answered', async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca, maxSockets: 3 });
      const all = Array.from({ length: 9 }, () => answer(getSecure(at(site, { agent }))));
      for (const { body, socket } of await Promise.all(all)) {
        assert.strictEqual(body, 'GET nobody ');
        await closed(socket);
      }
      assertIdle(agent);
    });

    differs('it renegotiates')(
      'a POST is not sent twice, and the next one is answered',
      async () => {
        const site = await serveLocations();
        const agent = httpsAgentWith({ ca });
        const error = await failure(send(at(site, { agent, method: 'POST', body: 'once' })));
        // What the server makes of a client that does not agree.
        assert.match(error.code, /^ECONNRESET$|HANDSHAKE_FAILURE$/);
        assert.strictEqual(site.requests, 1);
        const next = await answer(send(at(site, { agent, method: 'POST', body: 'again' })));
        assert.strictEqual(next.body, 'POST nobody again');
        assert.strictEqual(site.connections, 2);
      },
    );

    differs('it renegotiates')('nor is anything with `replay: false`', async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca, replay: false });
      await failure(getSecure(at(site, { agent })));
      assert.strictEqual(site.requests, 1);
      const { body } = await answer(getSecure(at(site, { agent })));
      assert.strictEqual(body, 'GET nobody ');
    });

    differs('it renegotiates')("nor with transport: 'rustls'", async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca, transport: 'rustls' });
      for (const requests of [1, 2]) {
        await failure(getSecure(at(site, { agent })));
        assert.strictEqual(site.requests, requests);
      }
    });

    differs('it renegotiates')('nor where a listener judges each connection', async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca });
      const req = getSecure(at(site, { agent }));
      req.on('socket', (socket) => socket.on('secureConnect', () => {}));
      await failure(req);
      assert.strictEqual(site.requests, 1);
    });

    differs('it renegotiates')('nor to a server with another certificate', async () => {
      const { root } = await pki();
      const other = await certificate({ issuer: root });
      const site = await serveLocations();
      site.server.once('secureConnection', () => {
        site.server.setSecureContext({ key: other.key, cert: other.chain, maxVersion: 'TLSv1.2' });
      });
      const agent = httpsAgentWith({ ca });
      await failure(getSecure(at(site, { agent })));
      assert.strictEqual(site.requests, 1);
      assert.strictEqual(site.handshakes, 2);
      assertIdle(agent);
    });

    differs('it renegotiates')('what has died otherwise is not sent twice', async () => {
      const site = await serveTls({ maxVersion: 'TLSv1.2' }, ({ socket }) => socket.destroy());
      const agent = httpsAgentWith({ ca });
      await failure(getSecure({ port: site.port, agent }));
      assert.strictEqual(site.requests, 1);
    });

    it('a request that is destroyed meanwhile leaves nothing', async () => {
      const site = await serveLocations();
      const agent = httpsAgentWith({ ca });
      const req = getSecure(at(site, { agent }));
      await once(site.server, 'request');
      req.destroy();
      await failure(req);
      const { body } = await answer(getSecure({ port: site.port, agent }));
      assert.strictEqual(body, 'GET nobody ');
      assertIdle(agent);
    });

    describe('with a client certificate', () => {
      let own;

      before(async () => {
        const { client } = await pki();
        own = { ca, key: client.key, cert: client.chain };
      });

      for (const method of ['GET', 'POST']) {
        it(`a ${method} shows it`, async () => {
          const site = await serveLocations();
          const body = method === 'POST' ? 'once' : '';
          const said = `${method} oxagent test client ${body}`;
          const node = await answer(send(at(site, { agent: nodeAgentWith(own), method, body })));
          assert.strictEqual(node.body, said);
          const { connections } = site;
          const agent = httpsAgentWith(own);
          for (let i = 0; i < 2; i++) {
            const made = await answer(send(at(site, { agent, method, body })));
            assert.strictEqual(made.body, said);
            if (!stock) assert.strictEqual(made.socket.transport, 'node');
          }
          // Before a byte of the first was sent the server was seen not to ask.
          assert.strictEqual(site.connections - connections, stock ? 2 : 3);
          assert.strictEqual(site.requests, 3);
        });
      }

      it('a server that asks in the handshake stays as it is', async () => {
        const site = await serveLocations({ requestCert: true, rejectUnauthorized: false });
        const agent = httpsAgentWith(own);
        const { body, socket } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(body, 'GET oxagent test client ');
        if (!stock) assert.strictEqual(socket.transport, 'rustls');
        assert.strictEqual(site.connections, 1);
      });

      it('a server of TLS 1.3 stays as it is', async () => {
        const site = await serveTls();
        const agent = httpsAgentWith(own);
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        if (!stock) assert.strictEqual(socket.transport, 'rustls');
        assert.strictEqual(site.connections, 1);
      });

      differs('it has one transport')("transport: 'rustls' stays as it is", async () => {
        const site = await serveLocations();
        const agent = httpsAgentWith({ ...own, transport: 'rustls' });
        const { socket } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(socket.transport, 'rustls');
        assert.strictEqual(site.connections, 1);
      });
    });
  });
});
