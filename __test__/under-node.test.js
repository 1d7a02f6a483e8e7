'use strict';

// What stands in the place of Node's connecting: a tracer under which sockets are native, or a mock
// that answers by itself. Which it is shows when the socket has connected.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const process = require('node:process');
const { setImmediate: turn } = require('node:timers/promises');
const tls = require('node:tls');
const { differs, stock } = require('./support/agent');
const { certificate, pki } = require('./support/certificates');
const { ended, fixtures, result, run } = require('./support/child');
const { WAYS, dyingServer } = require('./support/dying-server');
const {
  answer,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  tracked,
} = require('./support/https-agent');
const { agentOf, cleanUp, exchange, httpServer, later, stuckServer } = require('./support/peer');
const { serveTls } = require('./support/tls-server');
const { freshPath } = require('./support/unix-path');

const { isOurs } = require('../lib/connection/connection');

const own = differs('its sockets are its own');

function replace(owner, name, make) {
  const original = owner[name];
  const replacement = make(original);
  owner[name] = replacement;
  const undo = () => {
    owner[name] = original;
  };
  later(undo);
  return { replacement, original, undo };
}

// As tracers do it: look, and go on.
function trace(owner = net.Socket.prototype, name = 'connect') {
  const sockets = [];
  const wrapped = replace(owner, name, (original) => {
    return function traced(...args) {
      const socket = original.apply(this, args);
      sockets.push(socket);
      return socket;
    };
  });
  return { sockets, ...wrapped };
}

const keepAlive = (options) => agentOf({ keepAlive: true, maxSockets: 1, ...options });
const nodesAgent = () => tracked(new http.Agent({ keepAlive: true, maxSockets: 1 }));

describe('under a tracer', () => {
  afterEach(cleanUp);

  let ca;
  let stranger;
  before(async () => {
    ca = (await pki()).root.pem;
    stranger = (await certificate({ subject: 'stranger', ca: true })).pem;
  });

  describe('a connection', () => {
    own('that is kept is used again while the same tracer is there', async () => {
      const server = await httpServer();
      const agent = keepAlive();
      const { sockets } = trace();
      const first = await exchange(server, agent);
      await turn();
      const second = await exchange(server, agent);
      assert.equal(second.socket, first.socket);
      assert.deepEqual([sockets, isOurs(first.socket)], [[first.socket], true]);
    });

    own('from before another tracer serves no more, as that may be a mock', async () => {
      const server = await httpServer();
      const agent = keepAlive();
      const outer = trace();
      const first = await exchange(server, agent);
      await turn();
      const inner = trace();
      const second = await exchange(server, agent);
      assert.notEqual(second.socket, first.socket);
      assert.deepEqual(inner.sockets, [second.socket]);
      assert.deepEqual(outer.sockets, [first.socket, second.socket]);
    });

    own('that is kept is used again when the tracer has gone', async () => {
      const server = await httpServer();
      const agent = keepAlive();
      const { undo } = trace();
      const first = await exchange(server, agent);
      await turn();
      undo();
      assert.equal((await exchange(server, agent)).socket, first.socket);
    });

    own('shows who carries it', async () => {
      const site = await serveTls();
      trace();
      const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
      const [socket] = await once(req, 'socket');
      assert.equal(socket.transport, 'node');
      await answer(req);
      assert.equal(socket.transport, 'rustls');
      assert.equal(socket.authorized, true);
    });

    own('that is not to keep the process alive does not, once it is ours', async () => {
      const server = await httpServer();
      trace();
      const socket = keepAlive().createConnection({ host: '127.0.0.1', port: server.port });
      socket.unref();
      await once(socket, 'connect');
      assert.ok(isOurs(socket));
      const held = Object.getOwnPropertySymbols(socket).find(
        ({ description }) => description === 'holding',
      );
      assert.equal(socket[held], false);
      socket.destroy();
    });

    own('over a Unix socket can be no more reset than with Node', async () => {
      const path = freshPath();
      const server = net.createServer().listen(path);
      later(() => server.close());
      await once(server, 'listening');
      trace();
      const socket = keepAlive().createConnection({ path });
      await once(socket, 'connect');
      assert.ok(isOurs(socket));
      assert.throws(() => socket.resetAndDestroy(), { code: 'ERR_INVALID_HANDLE_TYPE' });
      socket.destroy();
    });

    own('keeps its time limit, and its bound on connecting', async () => {
      const server = await httpServer(() => {});
      trace();
      const req = http.get({
        host: '127.0.0.1',
        port: server.port,
        timeout: 100,
        agent: keepAlive(),
      });
      await once(req, 'timeout');
      assert.ok(isOurs(req.socket));
      req.destroy();
      await once(req, 'error');

      const stuck = await stuckServer();
      const late = http.get({ ...stuck, agent: agentOf({ connectTimeout: 50 }) });
      assert.equal((await failure(late)).code, 'OXAGENT_CONNECT_TIMEOUT');
    });

    // Only a shell can lower the limit.
    (process.platform === 'win32' ? it.skip : own)(
      "stays Node's where the process has no descriptor left",
      async () => {
        const server = await httpServer((_, res) => res.end('answered'));
        const fixture = path.join(fixtures, 'last-descriptor.js');
        const child = spawn(
          'sh',
          ['-c', 'ulimit -n 64 && exec "$0" "$@"', process.execPath, fixture, server.port],
          { stdio: ['ignore', 'pipe', 'pipe'] },
        );
        child.output = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr']) {
          child[name].setEncoding('utf8').on('data', (text) => {
            child.output[name] += text;
          });
        }
        const { first, second } = result(await ended(child));
        assert.deepEqual(
          [first, second],
          [
            ['answered', true],
            ['answered', false],
          ],
        );
      },
    );

    for (const scheme of ['http', 'https']) {
      own(`has a socket of one shape with the others (${scheme})`, async () => {
        const site = scheme === 'http' ? await httpServer() : await serveTls();
        const execArgv = ['--allow-natives-syntax'];
        const shapes = await run('traced-shapes.js', [scheme, site.port, ca], { execArgv });
        assert.deepEqual(result(shapes), { alike: true, fast: true });
      });
    }

    it('that the program puts TLS over while it connects stays as it is', async () => {
      const site = await serveTls();
      trace();
      const raw = keepAlive().createConnection({ host: '127.0.0.1', port: site.port });
      const socket = tls.connect({ socket: raw, ca, servername: 'localhost' });
      await once(socket, 'secureConnect');
      socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      const chunks = await socket.toArray();
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 200/);
    });

    it('that the program puts TLS over when it has connected serves it', async () => {
      const site = await serveTls();
      trace();
      const raw = keepAlive().createConnection({ host: '127.0.0.1', port: site.port });
      await once(raw, 'connect');
      const socket = tls.connect({ socket: raw, ca, servername: 'localhost' });
      await once(socket, 'secureConnect');
      socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      const chunks = await socket.toArray();
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 200/);
      if (!stock) assert.ok(isOurs(raw));
    });
  });

  describe('a request that meets a dying connection', () => {
    const diesOnce = (die, secrets) =>
      dyingServer(({ connection, request: number, socket, answer: reply }) => {
        if (connection === 1 && number === 2) die(socket);
        else reply();
      }, secrets);

    for (const [way, die] of Object.entries(WAYS)) {
      own(`is answered over one that the tracer has seen (${way})`, async () => {
        const server = await diesOnce(die);
        const agent = keepAlive();
        const { sockets } = trace();
        const first = await exchange(server, agent);
        await turn();
        const second = await exchange(server, agent);
        assert.deepEqual([first.text, second.text, second.socket.replays], ['1', '2', 1]);
        assert.equal(second.socket, first.socket);
        assert.equal(sockets.length, 2);
        // The fresh connection is kept like any other.
        await turn();
        assert.equal((await exchange(server, agent)).socket, first.socket);
      });
    }

    own('is answered over TLS too', async () => {
      const { server: secrets } = await pki();
      const server = await diesOnce(WAYS[Object.keys(WAYS)[0]], {
        cert: secrets.chain,
        key: secrets.key,
      });
      const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 1 });
      const { sockets } = trace();
      const get = () => answer(getSecure({ port: server.port, agent }));
      const first = await get();
      const second = await get();
      assert.deepEqual([first.body, second.body, second.socket.replays], ['1', '2', 1]);
      assert.equal(sockets.length, 2);
    });

    own('fails as without a replay where a mock would make the fresh one', async () => {
      const server = await diesOnce(WAYS[Object.keys(WAYS)[0]]);
      const agent = keepAlive();
      let isMocked = false;
      replace(net.Socket.prototype, 'connect', (original) => {
        return function connect(...args) {
          return isMocked ? pretend(this, 'mock') : original.apply(this, args);
        };
      });
      await exchange(server, agent);
      await turn();
      isMocked = true;
      await assert.rejects(exchange(server, agent), { code: 'ECONNRESET' });
    });
  });

  const CHANGES = {
    'a copy': (given, changed) => ({ ...given, ...changed }),
    'the options themselves': Object.assign,
  };
  for (const [where, apply] of Object.entries(CHANGES)) {
    describe(`of tls.connect() that changes, in ${where},`, () => {
      // Which TLS has served the connection, or the code of the error.
      async function reached(change, options = {}) {
        const site = await serveTls();
        const { undo } = replace(tls, 'connect', (original) => (given, ...rest) => {
          return original(apply(given, change(given)), ...rest);
        });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca, ...options }) });
        try {
          const { socket } = await answer(req);
          return socket.transport;
        } catch (error) {
          return error.code;
        } finally {
          undo();
        }
      }

      own('nothing, the connection is native', async () => {
        assert.equal(await reached(() => ({})), 'rustls');
        assert.equal(await reached(() => ({}), { rejectUnauthorized: undefined }), 'rustls');
        assert.equal(await reached(() => ({}), { rejectUnauthorized: false }), 'rustls');
      });

      own('the port, the connection is native', async () => {
        const other = await serveTls();
        assert.equal(await reached(() => ({ port: other.port })), 'rustls');
        assert.equal(other.connections, 1);
      });

      own("whom to trust, Node's TLS trusts that", async () => {
        const trusted = ca;
        assert.equal(await reached(() => ({ ca: trusted }), { ca: stranger }), 'node');
        assert.equal(
          await reached(() => ({ rejectUnauthorized: false }), { ca: stranger }),
          'node',
        );
      });

      own("how much to ask, Node's TLS asks it", async () => {
        const refuse = () => Object.assign(new Error('not this one'), { code: 'NOT_THIS_ONE' });
        assert.equal(await reached(() => ({ checkServerIdentity: refuse })), 'NOT_THIS_ONE');
        assert.equal(
          await reached(() => ({ servername: 'elsewhere' })),
          'ERR_TLS_CERT_ALTNAME_INVALID',
        );
        assert.equal(await reached(() => ({ ca: stranger })), 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
        assert.equal(await reached(() => ({ maxVersion: 'TLSv1.2' })), 'node');
      });

      own('what the program had asked, what is left holds', async () => {
        const refuse = () => Object.assign(new Error('not this one'), { code: 'NOT_THIS_ONE' });
        const options = { checkServerIdentity: refuse };
        const given = () => ({ checkServerIdentity: tls.checkServerIdentity });
        assert.equal(await reached(given, options), 'node');
      });
    });
  }

  describe('the transport rustls', () => {
    own('serves', async () => {
      const site = await serveTls();
      trace(tls);
      trace();
      const agent = httpsAgentWith({ ca, transport: 'rustls' });
      const { socket } = await answer(getSecure({ port: site.port, agent }));
      assert.equal(socket.transport, 'rustls');
    });

    own('does not go over to what somebody else has made', async () => {
      const agent = httpsAgentWith({ ca, transport: 'rustls' });
      replace(tls, 'connect', () => () => new net.Socket());
      assert.throws(() => getSecure({ port: 1, agent }), {
        code: 'ERR_INVALID_ARG_VALUE',
        message: /'rustls'/,
      });
    });

    own('does not go over to what somebody else wants', async () => {
      const site = await serveTls();
      const agent = httpsAgentWith({ ca, transport: 'rustls' });
      replace(tls, 'connect', (original) => (given) => original({ ...given, ca: stranger }));
      const error = await failure(getSecure({ port: site.port, agent }));
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.equal(site.requests, 0);
    });
  });
});

// A socket that says to be connected, and answers by itself.
function pretend(socket, text, handle = null) {
  socket.connecting = true;
  socket._read = () => {};
  socket._writeGeneric = (_several, _data, _encoding, done) => {
    done();
    socket.push(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  };
  setImmediate(() => {
    socket.connecting = false;
    if (handle) socket._handle = handle;
    socket.emit('connect');
    socket.emit('ready');
  });
  return socket;
}

describe('a mock of connecting', () => {
  afterEach(cleanUp);

  // What an exchange comes to with Node's agent and with ours.
  async function both(port, look) {
    const told = [];
    for (const agent of [nodesAgent(), keepAlive()]) {
      const { socket, text } = await exchange({ port, host: '127.0.0.1' }, agent);
      await turn();
      const again = await exchange({ port, host: '127.0.0.1' }, agent);
      told.push([text, again.text, again.socket === socket, ...(look?.(socket) ?? [])]);
      agent.destroy();
    }
    assert.deepEqual(told[1], told[0]);
    return told[0];
  }

  it('that never calls the original answers', async () => {
    replace(net.Socket.prototype, 'connect', () => {
      return function connect() {
        return pretend(this, 'mock');
      };
    });
    const look = (socket) => [isOurs(socket), socket.constructor.name];
    assert.deepEqual(await both(1, look), ['mock', 'mock', true, false, 'Socket']);
  });

  it('that has a handle of its own keeps it', async () => {
    const handle = {
      bytesRead: 0,
      bytesWritten: 0,
      close: (done) => done?.(),
      fd: 3,
      getAsyncId: () => 1,
      reading: true,
    };
    replace(net.Socket.prototype, 'connect', () => {
      return function connect() {
        return pretend(this, 'mock', handle);
      };
    });
    const look = (socket) => [isOurs(socket), socket._handle === handle];
    assert.deepEqual(await both(1, look), ['mock', 'mock', true, false, true]);
  });

  for (const name of ['connect', 'createConnection']) {
    own(`in the place of net.${name}() has its own socket`, async () => {
      class Own extends net.Socket {}
      const replaced = () => pretend(new Own(), 'mock');
      replace(net, 'createConnection', () => replaced);
      if (name === 'connect') replace(net, 'connect', () => replaced);
      const { text, socket } = await exchange({ port: 1, host: '127.0.0.1' }, keepAlive());
      assert.equal(text, 'mock');
      assert.equal(socket.constructor, Own);
    });
  }

  it('that calls the original with another port is obeyed', async () => {
    const real = await httpServer((_, res) => res.end('real'));
    const mock = await httpServer((_, res) => res.end('mock'));
    replace(net.Socket.prototype, 'connect', (original) => {
      return function connect() {
        return original.call(this, mock.port, '127.0.0.1');
      };
    });
    assert.deepEqual(await both(real.port), ['mock', 'mock', true]);
    assert.deepEqual([real.connections, mock.connections], [0, 2]);
  });

  it('that calls the original a tick later is waited for', async () => {
    const real = await httpServer((_, res) => res.end('real'));
    replace(net.Socket.prototype, 'connect', (original) => {
      return function connect(...args) {
        this.connecting = true;
        process.nextTick(() => original.apply(this, args));
        return this;
      };
    });
    assert.deepEqual(await both(real.port), ['real', 'real', true]);
  });

  it('that reads the handle finds that of the system', async () => {
    const real = await httpServer((_, res) => res.end('real'));
    const seen = [];
    replace(net.Socket.prototype, 'connect', (original) => {
      return function connect(...args) {
        const socket = original.apply(this, args);
        const { _handle: handle } = socket;
        seen.push([handle.constructor.name, typeof handle.getAsyncId(), handle.hasRef()]);
        return socket;
      };
    });
    await both(real.port);
    assert.deepEqual(seen, [
      ['TCP', 'number', true],
      ['TCP', 'number', true],
    ]);
  });

  it('of tls.connect() that answers by itself answers', async () => {
    replace(tls, 'connect', () => () => {
      const socket = pretend(new net.Socket(), 'mock');
      socket.encrypted = true;
      return socket;
    });
    for (const agent of [nodeAgentWith({ keepAlive: true }), httpsAgentWith({ keepAlive: true })]) {
      const req = https.get({ host: '127.0.0.1', port: 1, agent });
      assert.equal((await answer(req)).body, 'mock');
    }
  });
});
