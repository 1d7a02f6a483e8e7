'use strict';

// A request over a connection that was used before, and that dies before a byte of the response has
// come, is sent once more over a fresh one where RFC 9110, section 9.2.2, allows it.

const assert = require('node:assert/strict');
const diagnostics = require('node:diagnostics_channel');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { certificate, pki } = require('./support/certificates');
const { WAYS, dyingServer } = require('./support/dying-server');
const { HttpsAgent, httpsAgentWith } = require('./support/https-agent');
const {
  agentOf,
  cleanUp,
  exchange,
  failure,
  gone,
  later,
  rawServer,
  request,
  stuckServer,
} = require('./support/peer');
const { serveRawTls } = require('./support/tls-server');
const { stock } = require('./support/agent');

const { Agent } = require('..');

// Answers the first request of each connection, and lets the first connection die at its second.
function diesOnce(die, tls) {
  return dyingServer(({ connection, request: number, socket, answer }) => {
    if (connection === 1 && number === 2) die(socket);
    else answer();
  }, tls);
}

const keepAlive = (options) => agentOf({ keepAlive: true, maxSockets: 1, ...options });

const describeOwn = stock ? describe.skip : describe;

describeOwn('a request that meets a dying connection', () => {
  afterEach(cleanUp);

  for (const [way, die] of Object.entries(WAYS)) {
    it(`is answered over a fresh one, the socket is the same (${way})`, async () => {
      const server = await diesOnce(die);
      const agent = keepAlive();
      const first = await exchange(server, agent);
      const second = await exchange(server, agent, { path: '/again' });
      assert.deepEqual([first.text, second.text], ['1', '2']);
      assert.equal(second.socket, first.socket);
      assert.equal(second.req.reusedSocket, true);
      assert.equal(second.socket.replays, 1);
      assert.equal(second.socket.remotePort, server.port);
      const [, met, replayed] = server.seen;
      assert.equal(met, replayed);
      // The fresh connection is kept like any other.
      const third = await exchange(server, agent);
      assert.equal(third.text, '2');
      assert.equal(third.socket, first.socket);
      assert.equal(third.socket.replays, 1);
      assert.equal(server.opened(), 2);
    });
  }

  for (const secure of [false, true]) {
    it(`and fills its window before that, ${secure ? 'over TLS' : 'over TCP'}, ends and frees its place`, async () => {
      const { server: identity, root } = await pki();
      // Reads the second request no further than its head: what is behind it fills the window.
      const stopped = (socket) => {
        socket.pause();
        setImmediate(() => WAYS.RST(socket));
      };
      let connections = 0;
      const play = (socket) => {
        const connection = ++connections;
        let text = '';
        let served = 0;
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
          if (connection === 1 && served === 1) return stopped(socket);
          const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
          const head = text.indexOf('\r\n\r\n') + 4;
          if (head < 4 || text.length < head + length) return;
          text = '';
          served++;
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        });
      };
      const tls = { key: identity.key, cert: identity.chain };
      const server = secure ? await serveRawTls(tls, play) : await rawServer(play);
      if (secure) later(() => server.close());
      const bounds = { keepAlive: true, maxSockets: 1, replayLimit: 64 << 20 };
      const own = { ...bounds, ca: root.pem };
      const agent = secure ? httpsAgentWith(own) : agentOf(bounds);
      const send = (method, payload) => {
        const where = { host: '127.0.0.1', port: server.port, servername: 'localhost', agent };
        const req = (secure ? https : http).request({ ...where, method });
        gone(req);
        req.once('response', (res) => res.resume());
        req.end(payload);
        return req;
      };
      await gone(send('GET'));
      const put = send('PUT', Buffer.alloc(8 << 20, 'p'));
      const finished = once(put, 'finish');
      await gone(put);
      await finished;
      assert.equal(put.res.statusCode, 200);
      assert.equal(put.socket.replays, 1);
      const next = send('GET');
      await gone(next);
      assert.equal(next.res.statusCode, 200);
    });
  }

  it('is told on a diagnostics channel', async () => {
    const server = await diesOnce(WAYS.FIN);
    const messages = [];
    const subscriber = (message) => messages.push(message);
    diagnostics.subscribe('oxagent:replay', subscriber);
    later(() => diagnostics.unsubscribe('oxagent:replay', subscriber));
    const agent = keepAlive();
    await exchange(server, agent);
    const { req, socket } = await exchange(server, agent);
    assert.deepEqual(messages, [{ request: req, socket, replays: 1 }]);
  });

  it('counts in its origin, in the same slot, while it connects again', async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive();
    await exchange(server, agent);
    const counts = [];
    const subscriber = ({ socket }) => {
      const [name] = Object.keys(agent.sockets);
      counts.push(agent.totalSocketCount, agent.sockets[name].includes(socket));
    };
    diagnostics.subscribe('oxagent:replay', subscriber);
    later(() => diagnostics.unsubscribe('oxagent:replay', subscriber));
    const both = await Promise.all([exchange(server, agent), exchange(server, agent)]);
    assert.deepEqual(counts, [1, true]);
    assert.deepEqual(
      both.map(({ text }) => text),
      ['2', '2'],
    );
    assert.equal(agent.totalSocketCount, 1);
  });

  for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) {
    it(`is sent again when it is a ${method}`, async () => {
      const server = await dyingServer(({ connection, request: number, socket, answer }) => {
        if (connection === 1 && number === 2) socket.end();
        else answer('');
      });
      const agent = keepAlive();
      await exchange(server, agent);
      const payload = method === 'PUT' ? 'content' : undefined;
      const { res } = await exchange(server, agent, { method }, payload);
      assert.equal(res.statusCode, 200);
      assert.equal(server.seen.length, 3);
      assert.equal(server.seen[1], server.seen[2]);
      assert.ok(server.seen[2].startsWith(method));
      if (payload) assert.ok(server.seen[2].endsWith(payload));
    });
  }

  for (const header of ['Idempotency-Key', 'X-Idempotency-Key']) {
    it(`is sent again when it is a POST with ${header}`, async () => {
      const server = await diesOnce(WAYS.RST);
      const agent = keepAlive();
      await exchange(server, agent);
      const options = { method: 'POST', headers: { [header]: 'a' } };
      const { text } = await exchange(server, agent, options, 'content');
      assert.equal(text, '2');
    });
  }

  it('sends the bytes that were written, whatever became of their Buffer', async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive();
    await exchange(server, agent);
    const content = Buffer.from('as it was');
    const req = request(server, agent, { method: 'PUT', headers: { 'Content-Length': 9 } });
    req.end(content, () => content.fill('x'));
    await once(req, 'response');
    assert.ok(server.seen[2].endsWith('as it was'));
  });

  it('is not sent again when it is a POST', async () => {
    for (const die of Object.values(WAYS)) {
      const server = await diesOnce(die);
      const agent = keepAlive();
      await exchange(server, agent);
      const req = request(server, agent, { method: 'POST' }).end('content');
      const error = await failure(req);
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(req.reusedSocket, true);
      assert.equal(server.seen.filter((text) => text.startsWith('POST')).length, 1);
      await gone(req.socket);
      assert.equal(agent.totalSocketCount, 0);
    }
  });

  it('is sent, a POST too, when the server had closed before a byte of it left', async () => {
    let close;
    const server = await dyingServer(({ connection, socket, answer }) => {
      answer();
      if (connection === 1) close = () => new Promise((done) => socket.end(done));
    });
    const agent = keepAlive();
    await exchange(server, agent);
    // Its end is in the kernel now, and JavaScript has heard of nothing.
    const closed = close();
    await closed;
    const { text } = await exchange(server, agent, { method: 'POST' }, 'content');
    assert.equal(text, '2');
    assert.equal(server.seen.filter((seen) => seen.startsWith('POST')).length, 1);
  });

  it('is sent again once at most', async () => {
    const server = await dyingServer(({ connection, request: number, socket, answer }) => {
      if (connection === 1 && number === 1) answer();
      else socket.end();
    });
    const agent = keepAlive();
    await exchange(server, agent);
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(server.seen.length, 3);
    await gone(req.socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('is not sent again over a connection that is new', async () => {
    const server = await dyingServer(({ socket }) => socket.end());
    const error = await failure(request(server, keepAlive()).end());
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(server.seen.length, 1);
  });

  it('is not sent again once a byte of the response has come', async () => {
    const server = await dyingServer(({ request: number, socket, answer }) => {
      if (number === 1) answer();
      else socket.write('H', () => socket.end());
    });
    const agent = keepAlive();
    await exchange(server, agent);
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(server.seen.length, 2);
  });

  const never = {
    'an upgrade': { headers: { Connection: 'upgrade', Upgrade: 'x' } },
    'a CONNECT': { method: 'CONNECT', path: 'host:1' },
    'one that expects to be told to go on': { headers: { Expect: '100-continue' } },
  };
  for (const [what, options] of Object.entries(never)) {
    it(`is not sent again when it is ${what}`, async () => {
      const server = await diesOnce(WAYS.FIN);
      const agent = keepAlive();
      await exchange(server, agent);
      const error = await failure(request(server, agent, options).end());
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(server.seen.length, 2);
    });
  }

  it('is not sent again while its body is being written', async () => {
    const server = await dyingServer(({ connection, socket, answer }) => {
      answer();
      if (connection > 1) return;
      socket.on('data', () => socket.resetAndDestroy());
    });
    const agent = keepAlive();
    await exchange(server, agent);
    const req = request(server, agent, { method: 'PUT', headers: { 'Content-Length': 20 } });
    req.write('the first part');
    const error = await failure(req);
    assert.match(error.code, /ECONNRESET|EPIPE/);
    assert.equal(server.opened(), 1);
  });

  it('is not sent again when its listeners judge each new connection', async () => {
    for (const event of ['lookup', 'connect', 'secureConnect']) {
      const server = await diesOnce(WAYS.FIN);
      const agent = keepAlive();
      const { socket } = await exchange(server, agent);
      socket.on(event, () => {});
      const error = await failure(request(server, agent).end());
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(server.opened(), 1);
    }
  });

  it("is sent over a connection of the program's own createConnection()", async () => {
    const server = await diesOnce(WAYS.FIN);
    const asked = [];
    class Asking extends Agent {
      createConnection(options, ...rest) {
        asked.push(options.port);
        return super.createConnection(options, ...rest);
      }
    }
    const agent = new Asking({ keepAlive: true });
    later(() => agent.destroy());
    await exchange(server, agent);
    const { text } = await exchange(server, agent);
    assert.equal(text, '2');
    assert.deepEqual(asked, [server.port, server.port]);
  });

  it("fails as before when the program's createConnection() forbids it", async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive();
    await exchange(server, agent);
    agent.createConnection = () => {
      throw new Error('forbidden');
    };
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
  });

  it('fails with the reason when the server is not there any more', async () => {
    const server = await dyingServer(({ request: number, socket, answer }) => {
      if (number === 1) {
        answer();
        return;
      }
      server.server.close();
      socket.resetAndDestroy();
    });
    const agent = keepAlive();
    const { port } = server;
    await exchange(server, agent);
    const req = request(server, agent).end();
    const error = await failure(req);
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.port, port);
    await gone(req.socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  // The name leads to the server first, and then to one where connecting never ends.
  async function stuckAtReplay() {
    const server = await diesOnce(WAYS.FIN);
    const stuck = await stuckServer(server.port);
    const addresses = ['127.0.0.1', stuck.host];
    const lookup = (_, { all }, callback) => {
      const address = addresses.shift();
      callback(null, all ? [{ address, family: 4 }] : address, 4);
    };
    const agent = keepAlive({ lookup });
    const target = { port: server.port };
    await exchange(target, agent, { host: 'name.example' });
    const req = request(target, agent, { host: 'name.example' });
    const replayed = new Promise((done) => {
      const subscriber = (message) => done(message);
      diagnostics.subscribe('oxagent:replay', subscriber);
      later(() => diagnostics.unsubscribe('oxagent:replay', subscriber));
    });
    return { agent, req, replayed };
  }

  it('can be destroyed while it connects again', async () => {
    const { agent, req, replayed } = await stuckAtReplay();
    req.end();
    await replayed;
    req.destroy(new Error('enough'));
    const error = await failure(req);
    assert.equal(error.message, 'enough');
    await gone(req.socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('times out while it connects again', async () => {
    const { agent, req, replayed } = await stuckAtReplay();
    req.setTimeout(200);
    req.end();
    await replayed;
    await once(req, 'timeout');
    req.destroy();
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    await gone(req.socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  it('fails when its fresh connection dies before it is written', async () => {
    for (const way of Object.values(WAYS)) {
      const server = await dyingServer(({ request: number, socket, answer }) => {
        if (number === 1) answer();
        else socket.end();
      });
      server.server.on('connection', (socket) => {
        if (server.opened() > 1) way(socket);
      });
      const agent = keepAlive();
      await exchange(server, agent);
      const req = request(server, agent).end();
      // What comes of the fresh connection comes in one batch with its connect.
      const subscriber = ({ socket }) => {
        setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100));
        assert.equal(socket, req.socket);
      };
      diagnostics.subscribe('oxagent:replay', subscriber);
      later(() => diagnostics.unsubscribe('oxagent:replay', subscriber));
      const error = await failure(req);
      diagnostics.unsubscribe('oxagent:replay', subscriber);
      assert.equal(error.code, 'ECONNRESET');
      await gone(req.socket);
      assert.equal(agent.totalSocketCount, 0);
    }
  });

  it('is not sent to another address, which nobody has judged', async () => {
    const server = await diesOnce(WAYS.FIN);
    const other = await dyingServer(({ answer }) => answer('internal'), null, {
      host: '127.0.0.2',
      port: server.port,
    });
    const addresses = ['127.0.0.1', '127.0.0.2'];
    const lookup = (_, { all }, callback) => {
      const address = addresses.shift();
      callback(null, all ? [{ address, family: 4 }] : address, 4);
    };
    const agent = keepAlive({ lookup });
    const target = { port: server.port };
    await exchange(target, agent, { host: 'name.example' });
    const error = await failure(request(target, agent, { host: 'name.example' }).end());
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(other.seen.length, 0);
  });

  it('fails as before when createConnection() answers with a socket that fails', async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive();
    await exchange(server, agent);
    let refused;
    agent.createConnection = () => {
      refused = new net.Socket();
      return refused.destroy(new Error('refused'));
    };
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
    if (!refused.closed) await once(refused, 'close');
  });

  it('fails as before when createConnection() answers later', async () => {
    const server = await diesOnce(WAYS.FIN);
    const made = [];
    class Late extends Agent {
      createConnection(options, callback) {
        setImmediate(() => {
          const socket = super.createConnection(options);
          made.push(socket);
          callback(null, socket);
        });
      }
    }
    const agent = new Late({ keepAlive: true });
    later(() => agent.destroy());
    await exchange(server, agent);
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
    await Promise.all(made.map(gone));
    assert.equal(made.length, 2);
  });

  it('is not sent again when createConnection() destroys the agent', async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive();
    await exchange(server, agent);
    const { createConnection } = agent;
    const made = [];
    agent.createConnection = function failOver(...args) {
      this.destroy();
      made.push(createConnection.apply(this, args));
      return made[0];
    };
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
    await gone(made[0]);
    assert.equal(server.seen.length, 2);
  });

  it('closes every socket that createConnection() has made', async () => {
    const server = await diesOnce(WAYS.FIN);
    const made = [];
    class Counting extends Agent {
      createConnection(...args) {
        const socket = super.createConnection(...args);
        made.push(gone(socket));
        return socket;
      }
    }
    const agent = new Counting({ keepAlive: true });
    await exchange(server, agent);
    const { text } = await exchange(server, agent);
    assert.equal(text, '2');
    await made[1];
    agent.destroy();
    await made[0];
  });

  it('never gets what came unasked before it', async () => {
    let speak;
    const server = await dyingServer(({ connection, socket, answer }) => {
      answer();
      if (connection === 1)
        speak = () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON');
    });
    const agent = keepAlive();
    for (let i = 0; i < 20; i++) {
      await exchange(server, agent);
      speak();
      const { text } = await exchange(server, agent);
      assert.match(text, /^\d+$/);
    }
  });
});

describeOwn('the options of replay', () => {
  afterEach(cleanUp);

  it('replay: false turns it off', async () => {
    const server = await diesOnce(WAYS.FIN);
    const agent = keepAlive({ replay: false });
    await exchange(server, agent);
    const error = await failure(request(server, agent).end());
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(server.seen.length, 2);
  });

  it('replayLimit is the most that is held', async () => {
    for (const [size, code] of [
      [900, null],
      [1_300, 'ECONNRESET'],
    ]) {
      const server = await diesOnce(WAYS.FIN);
      const agent = keepAlive({ replayLimit: 1_000 + 200 });
      await exchange(server, agent);
      const req = request(server, agent, { method: 'PUT' }).end(Buffer.alloc(size, 'x'));
      const outcome = await new Promise((done) => {
        req.on('response', () => done(null)).on('error', (error) => done(error.code));
      });
      assert.equal(outcome, code);
    }
  });

  it('throw where they are bad', () => {
    for (const AnyAgent of [Agent, HttpsAgent]) {
      for (const replay of [1, 'yes', null, {}]) {
        assert.throws(() => new AnyAgent({ replay }), {
          name: 'TypeError',
          code: 'ERR_INVALID_ARG_TYPE',
          message: /^The "replay" argument must be of type boolean\. Received /,
        });
      }
      for (const replayLimit of ['1', null, {}, true]) {
        assert.throws(() => new AnyAgent({ replayLimit }), {
          code: 'ERR_INVALID_ARG_TYPE',
          message: /^The "replayLimit" argument must be of type number\. Received /,
        });
      }
      for (const replayLimit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        assert.throws(() => new AnyAgent({ replayLimit }), {
          name: 'RangeError',
          code: 'ERR_OUT_OF_RANGE',
          message: /^The value of "replayLimit" is out of range\. .* Received /,
        });
      }
    }
  });
});

describeOwn('a request over TLS that meets a dying connection', () => {
  afterEach(cleanUp);

  async function ask(server, agent, options) {
    const req = https.get({
      host: '127.0.0.1',
      servername: 'localhost',
      port: server.port,
      agent,
      ...options,
    });
    const [res] = await once(req, 'response');
    const { socket } = res;
    let text = '';
    for await (const chunk of res) text += chunk;
    return { text, socket };
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [way, die] of Object.entries(WAYS)) {
      it(`is answered over a fresh one (${version}, ${way})`, async () => {
        const server = await dyingServer(
          ({ request: number, socket, answer }) => (number === 2 ? die(socket) : answer()),
          { maxVersion: version },
        );
        const agent = httpsAgentWith({ ca: (await pki()).root.pem, keepAlive: true });
        const { socket } = await ask(server, agent);
        // Resumed and full handshakes take turns.
        for (let replays = 1; replays <= 6; replays++) {
          const next = await ask(server, agent);
          assert.equal(next.text, String(replays + 1));
          assert.equal(next.socket, socket);
          assert.equal(socket.replays, replays);
          assert.equal(socket.authorized, true);
          assert.equal(socket.getProtocol(), version);
          assert.equal(socket.encrypted, true);
        }
      });
    }
  }

  it('is not sent to a server with another certificate', async () => {
    const { root, server: known } = await pki();
    const other = await certificate({ issuer: root });
    const server = await dyingServer(
      ({ request: number, socket, answer }) => {
        if (number === 1) {
          answer();
          return;
        }
        server.server.setSecureContext({ key: other.key, cert: other.chain });
        socket.destroy();
      },
      { key: known.key, cert: known.chain },
    );
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true, maxCachedSessions: 0 });
    await ask(server, agent);
    const req = https.get({ host: '127.0.0.1', servername: 'localhost', port: server.port, agent });
    const error = await failure(req);
    assert.equal(error.code, 'ECONNRESET');
    assert.equal(server.seen.length, 2);
    // A request of its own may go there.
    const { text } = await ask(server, agent);
    assert.match(text, /^\d$/);
  });
});
