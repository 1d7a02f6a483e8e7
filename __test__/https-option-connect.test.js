'use strict';

// The options of net.connect, under TLS.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const { tmpdir } = require('node:os');
const path = require('node:path');
const {
  answer,
  closed,
  differs,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers, listen, refusedPort, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent connect options', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let server;
  before(async () => {
    const made = await pki();
    ca = made.root.pem;
    server = made.server;
  });

  const from = (req, res) => res.end(`${req.socket.remoteAddress} ${req.socket.remotePort}`);

  for (const who of ['agent', 'request']) {
    const give = (options) =>
      who === 'agent'
        ? { agent: httpsAgentWith({ ca, ...options }) }
        : { agent: httpsAgentWith({ ca }), ...options };

    it(`localAddress of the ${who} is where the connection comes from`, async () => {
      const site = await serveTls({}, from);
      const { body } = await answer(
        getSecure({ port: site.port, ...give({ localAddress: '127.0.0.3' }) }),
      );
      assert.equal(body.split(' ')[0], '127.0.0.3');
    });

    it(`localPort of the ${who} is where the connection comes from`, async () => {
      const site = await serveTls({}, from);
      const localPort = await refusedPort();
      const { body } = await answer(getSecure({ port: site.port, ...give({ localPort }) }));
      assert.equal(body.split(' ')[1], String(localPort));
    });

    it(`lookup of the ${who} is asked, and the name is the certificate's`, async () => {
      const site = await serveTls();
      const asked = [];
      const lookup = (name, options, callback) => {
        asked.push(name);
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      const options = { port: site.port, host: 'localhost', servername: undefined };
      const { body, socket } = await answer(getSecure({ ...options, ...give({ lookup }) }));
      assert.equal(body, '1');
      assert.equal(socket.servername, 'localhost');
      assert.deepEqual(asked, ['localhost']);
      const error = await failure(
        getSecure({ ...options, host: 'other.example', ...give({ lookup }) }),
      );
      assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      assert.equal(error.host, 'other.example');
    });

    it(`socketPath of the ${who} carries TLS over a Unix socket`, async () => {
      const socketPath = path.join(tmpdir(), `https-${randomUUID()}.sock`);
      const site = await listen(
        https.createServer({ cert: server.chain, key: server.key }, (req, res) =>
          res.end(String(req.socket.servername)),
        ),
        socketPath,
      );
      const given = give({ socketPath, keepAlive: who === 'agent' });
      for (let i = 0; i < 2; i++) {
        const req = getSecure({ host: undefined, ...given });
        const { body, socket } = await answer(req);
        assert.equal(body, 'localhost');
        assert.equal(socket.authorized, true);
        if (!given.agent.keepAlive) await closed(socket);
      }
      assert.equal(site.connections, who === 'agent' ? 1 : 2);
    });

    it(`timeout of the ${who} acts while the server stalls in the handshake`, async () => {
      const site = await listen(net.createServer(() => {}));
      const req = getSecure({ port: site.port, ...give({ timeout: 50 }) });
      const events = [];
      req.on('timeout', () => {
        events.push('timeout');
        req.destroy(new Error('too slow'));
      });
      const error = await failure(req);
      assert.equal(error.message, 'too slow');
      assert.deepEqual(events, ['timeout']);
    });

    it(`signal of the ${who} ends a handshake that stalls`, async () => {
      const controller = new AbortController();
      const site = await listen(net.createServer(() => setImmediate(() => controller.abort())));
      const req = getSecure({ port: site.port, ...give({ signal: controller.signal }) });
      const error = await failure(req);
      assert.equal(error.name, 'AbortError');
    });

    it(`highWaterMark of the ${who} reaches the socket`, async () => {
      const site = await serveTls();
      const { socket } = await answer(
        getSecure({ port: site.port, ...give({ highWaterMark: 3000 }) }),
      );
      assert.equal(socket.writableHighWaterMark, 3000);
    });

    differs('it forgets a blockList under TLS')(
      `blockList of the ${who} refuses an address`,
      async () => {
        const site = await serveTls();
        const blockList = new net.BlockList();
        blockList.addAddress('127.0.0.1');
        const error = await failure(getSecure({ port: site.port, ...give({ blockList }) }));
        assert.equal(error.code, 'ERR_IP_BLOCKED');
        assert.equal(site.connections, 0);
      },
    );
  }

  it('a refused connection is the error of Node', async () => {
    const port = await refusedPort();
    const ended = await sameAsNode({ port }, { ca });
    assert.equal(ended, `failed ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  it('a Unix socket that is not there is the error of Node', async () => {
    const socketPath = path.join(tmpdir(), `https-${randomUUID()}.sock`);
    assert.ok(!fs.existsSync(socketPath));
    const ended = await sameAsNode({}, { ca, socketPath });
    assert.equal(ended, `failed ENOENT: connect ENOENT ${socketPath}`);
  });

  it('createConnection by hand gives a TLS socket that is not counted', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca });
    const options = { host: '127.0.0.1', port: site.port, servername: 'localhost', ca };
    for (const args of [
      [options],
      [site.port, options],
      [site.port, '127.0.0.1', options],
      [{ ...options, port: site.port }, () => {}],
    ]) {
      const socket = agent.createConnection(...args);
      assert.equal(socket.encrypted, true);
      await new Promise((resolve, reject) => {
        socket.once('secureConnect', resolve);
        socket.once('error', reject);
      });
      assert.equal(socket.authorized, true);
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      const chunks = [];
      for await (const chunk of socket) chunks.push(chunk);
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 OK\r\n/);
      assert.equal(agent.totalSocketCount, 0);
    }
  });

  it('createConnection overridden may give any stream', async () => {
    const site = await serveTls();
    const plain = await serve();
    const agent = httpsAgentWith({ ca });
    const seen = [];
    agent.createConnection = (options) => {
      seen.push([options.host, options.port, options.servername, options.ca === ca]);
      return net.connect(plain.port, '127.0.0.1');
    };
    const { body } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(body, '1');
    assert.deepEqual(seen, [['127.0.0.1', site.port, 'localhost', true]]);
    assert.equal(site.connections, 0);
    assert.equal(plain.requests, 1);
  });

  it('createConnection overridden may call the one it overrides', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ keepAlive: true });
    const original = agent.createConnection;
    agent.createConnection = function createConnection(options, callback) {
      return original.call(this, { ...options, ca }, callback);
    };
    for (let i = 0; i < 2; i++) {
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      assert.equal(socket.authorized, true);
    }
    assert.equal(site.connections, 1);
  });

  it('a body goes with every connect option', async () => {
    const site = await serveTls({}, (req, res) => req.pipe(res));
    const agent = httpsAgentWith({ ca, localAddress: '127.0.0.1', family: 4, noDelay: false });
    const req = requestSecure({ port: site.port, method: 'POST', agent });
    req.end('hello');
    assert.equal((await answer(req)).body, 'hello');
  });
});
