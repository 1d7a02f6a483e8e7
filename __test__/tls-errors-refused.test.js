'use strict';

// A server that has nothing in common with rustls refuses its hello in one way or another, and says
// nothing else. Node's own TLS then gets its try, once.

const assert = require('node:assert');
const { once } = require('node:events');
const net = require('node:net');
const { certificate, pki } = require('./support/certificates');
const {
  answer,
  differs,
  getSecure,
  httpsAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { serveRaw } = require('./support/server');
const { assertIdle, fields, observe, sameFailure } = require('./support/tls-failure');
const { alert, serveBytes } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

// By AES-128-CBC, which OpenSSL offers and rustls does not.
const CBC = 'ECDHE-RSA-AES128-SHA256';
const CBC_NUMBER = 0xc027;

const WAYS = {
  'a reset': (socket) => socket.resetAndDestroy(),
  'its end': (socket) => socket.end(),
  close_notify: (socket) => socket.write(alert(0, 1)),
  'close_notify and its end': (socket) => socket.end(alert(0, 1)),
  'a warning and its end': (socket) => socket.end(alert(112, 1)),
  'a warning and a reset': (socket) => socket.write(alert(112, 1), () => socket.resetAndDestroy()),
};
for (const number of [0, 10, 40, 42, 46, 48, 49, 51, 80, 86, 90, 109, 112, 255]) {
  WAYS[`alert ${number}`] = (socket) => socket.end(alert(number));
}

// Where its suites stand in a ClientHello: behind the headers, the version and the random.
const SESSION_ID_AT = 5 + 4 + 2 + 32;

function offers(hello, suite) {
  const at = SESSION_ID_AT + 1 + hello[SESSION_ID_AT];
  const end = at + 2 + hello.readUInt16BE(at);
  for (let i = at + 2; i < end; i += 2) if (hello.readUInt16BE(i) === suite) return true;
  return false;
}

describe('TLS errors: a server that refuses the hello', () => {
  let root;
  let server;

  before(async () => {
    ({ root } = await pki());
    server = await certificate({ issuer: root, key: 'rsa' });
  });

  afterEach(cleanUp);

  // A server with CBC suites alone, and `refuse` for whoever does not offer them.
  async function refusing(refuse, listener = undefined, where = undefined) {
    const options = { key: server.key, cert: server.chain, maxVersion: 'TLSv1.2', ciphers: CBC };
    const behind = await serveTls(options, listener);
    const front = await serveRaw((socket) => {
      socket.once('data', (hello) => {
        if (offers(hello, CBC_NUMBER)) {
          const onward = net.connect(behind.port, '127.0.0.1');
          onward.on('error', () => socket.destroy());
          socket.on('close', () => onward.destroy());
          onward.write(hello);
          socket.pipe(onward).pipe(socket);
        } else {
          front.refused++;
          socket.resume();
          refuse(socket);
        }
      });
    }, where);
    front.refused = 0;
    front.behind = behind;
    return front;
  }

  const options = () => ({ ca: root.pem });

  for (const [how, refuse] of Object.entries(WAYS)) {
    it(`by ${how}: the request is answered, and the server remembered`, async () => {
      const site = await refusing(refuse);
      const agent = httpsAgentWith(options());
      for (const refused of [1, 1]) {
        const { res, socket } = await answer(getSecure({ port: site.port, agent }));
        assert.strictEqual(res.statusCode, 200);
        if (stock) continue;
        assert.strictEqual(socket.transport, 'node');
        assert.strictEqual(site.refused, refused);
      }
      if (!stock) assert.strictEqual(site.connections, 3);
      assert.strictEqual(site.behind.requests, 2);
      assertIdle(agent);
    });
  }

  it('a body is sent once', async () => {
    const bodies = [];
    const site = await refusing(WAYS['a reset'], async (req, res) => {
      const chunks = await req.toArray();
      bodies.push(Buffer.concat(chunks).toString());
      res.end();
    });
    const agent = httpsAgentWith(options());
    const req = requestSecure({ port: site.port, agent, method: 'POST' });
    req.end('a body');
    await answer(req);
    assert.deepStrictEqual(bodies, ['a body']);
  });

  (process.platform === 'win32' ? it.skip : it)('over a Unix socket', async () => {
    const path = `${require('node:os').tmpdir()}/oxagent-refused-${process.pid}.sock`;
    const site = await refusing(WAYS['its end'], undefined, path);
    const agent = httpsAgentWith(options());
    const { res } = await answer(getSecure({ socketPath: path, agent }));
    assert.strictEqual(res.statusCode, 200);
    if (!stock) assert.strictEqual(site.refused, 1);
  });

  differs('it has one transport')("transport: 'rustls' has one try", async () => {
    for (const how of ['a reset', 'its end', 'close_notify', 'alert 80']) {
      const site = await refusing(WAYS[how]);
      const agent = httpsAgentWith({ ...options(), transport: 'rustls' });
      const { error } = await observe(agent, { port: site.port });
      assert.ok(['ECONNRESET', 'EPROTO'].includes(error.code), error.code);
      assert.strictEqual(site.connections, 1);
      assertIdle(agent);
    }
  });

  describe('whoever asks', () => {
    for (const [how, refuse] of Object.entries(WAYS)) {
      it(`by ${how}: the request fails as with Node, after one try more`, async () => {
        const site = await serveBytes(refuse);
        await sameFailure(site.port, options());
        assert.strictEqual(site.connections, stock ? 2 : 3);
        await sameFailure(site.port, options(), { start: requestSecure });
        // Nothing says that Node's TLS would fare better the next time.
        assert.strictEqual(site.connections, stock ? 4 : 6);
      });
    }

    it('by a reset before the hello: it is one try more', async () => {
      const site = await serveRaw((socket) => socket.resetAndDestroy());
      const agent = httpsAgentWith(options());
      const { error } = await observe(agent, { port: site.port });
      assert.strictEqual(error.code, 'ECONNRESET');
      assert.ok(site.connections <= (stock ? 1 : 2));
      assertIdle(agent);
    });

    it('until it serves again: then by rustls', async () => {
      const site = await serveTls();
      let isDown = true;
      const front = await serveRaw((socket) => {
        if (isDown) {
          socket.resetAndDestroy();
          return;
        }
        const onward = net.connect(site.port, '127.0.0.1');
        onward.on('error', () => socket.destroy());
        socket.pipe(onward).pipe(socket);
      });
      const agent = httpsAgentWith(options());
      const { error } = await observe(agent, { port: front.port });
      assert.strictEqual(error.code, 'ECONNRESET');
      isDown = false;
      const { socket } = await answer(getSecure({ port: front.port, agent }));
      if (!stock) assert.strictEqual(socket.transport, 'rustls');
    });
  });

  // One that is busy, say.
  describe('now and then', () => {
    async function moody() {
      const site = await serveTls();
      const front = await serveRaw((socket) => {
        if (front.resets > 0) {
          front.resets--;
          // By then the client knows that it is connected.
          socket.once('data', () => socket.resetAndDestroy());
          return;
        }
        const onward = net.connect(site.port, '127.0.0.1');
        onward.on('error', () => socket.destroy());
        socket.on('close', () => onward.destroy());
        socket.pipe(onward).pipe(socket);
      });
      front.resets = 0;
      return front;
    }

    differs('it has one transport')(
      'after rustls has served it, it counts for nothing',
      async () => {
        const site = await moody();
        const agent = httpsAgentWith({ ...options(), maxCachedSessions: 0 });
        const served = [];
        for (const resets of [0, 1, 0, 1, 1, 0]) {
          site.resets = resets;
          const { socket } = await answer(getSecure({ port: site.port, agent }));
          served.push(socket.transport);
        }
        // The second refusal in a row is remembered.
        assert.deepStrictEqual(served, ['rustls', 'node', 'rustls', 'node', 'node', 'node']);
      },
    );
  });

  it('goes to the address that the program has seen', async () => {
    const site = await refusing(WAYS['a reset']);
    const lookups = [];
    const agent = httpsAgentWith({
      ...options(),
      // Another address each time, as a name may change hands.
      lookup(name, { all }, callback) {
        const address = lookups.length === 0 ? '127.0.0.1' : '127.0.0.2';
        lookups.push(address);
        if (all) callback(null, [{ address, family: 4 }]);
        else callback(null, address, 4);
      },
    });
    const req = getSecure({ host: 'localhost', port: site.port, agent });
    const seen = [];
    req.on('socket', (socket) => socket.on('connect', () => seen.push(socket.remoteAddress)));
    const { res, socket } = await answer(req);
    assert.strictEqual(res.statusCode, 200);
    assert.deepStrictEqual(seen, ['127.0.0.1']);
    assert.deepStrictEqual(lookups, ['127.0.0.1']);
    if (!stock) assert.strictEqual(socket.transport, 'node');
  });

  it('a request that is destroyed meanwhile stays so', async () => {
    const req = { current: null };
    const site = await refusing((socket) => {
      req.current.destroy();
      socket.resetAndDestroy();
    });
    const agent = httpsAgentWith(options());
    const seen = await observe(agent, { port: site.port }, (given) => {
      req.current = getSecure(given);
      return req.current;
    });
    if (!stock) {
      assert.strictEqual(seen.error.code, 'ECONNRESET');
      assert.strictEqual(site.behind.requests, 0);
    }
    assertIdle(agent);
  });

  differs('it has none')('connectTimeout counts both tries', async () => {
    let isFirst = true;
    const site = await serveRaw((socket) => {
      if (isFirst) socket.once('data', () => socket.resetAndDestroy());
      isFirst = false;
    });
    const agent = httpsAgentWith({ ...options(), connectTimeout: 300 });
    const { error } = await observe(agent, { port: site.port });
    assert.strictEqual(error.code, 'OXAGENT_CONNECT_TIMEOUT');
    assert.strictEqual(error.phase, 'secureConnect');
    assert.strictEqual(site.connections, 2);
    assertIdle(agent);
  });

  it('a timeout acts on the second try too', async () => {
    let isFirst = !stock;
    const site = await serveRaw((socket) => {
      if (isFirst) socket.once('data', () => socket.resetAndDestroy());
      isFirst = false;
    });
    const agent = httpsAgentWith(options());
    const req = getSecure({ port: site.port, agent, timeout: 200 });
    const failed = once(req, 'error');
    await once(req, 'timeout');
    req.destroy();
    const [error] = await failed;
    assert.strictEqual(error.code, 'ECONNRESET');
    assert.strictEqual(site.connections, stock ? 1 : 2);
  });

  it('a reset behind the hello of the server is no refusal', async () => {
    const site = await serveBytes((socket) => {
      // The header of a ServerHello.
      socket.write(Buffer.from([22, 3, 3, 0, 90, 2, 0, 0, 86, 3, 3]), () => {
        setImmediate(() => socket.resetAndDestroy());
      });
    });
    const agent = httpsAgentWith(options());
    const { error } = await observe(agent, { port: site.port });
    assert.strictEqual(fields(error).code, 'ECONNRESET');
    assert.strictEqual(site.connections, 1);
  });
});
