'use strict';

// Every option of net.connect can be given to the agent, or with a request.

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const dns = require('node:dns');
const net = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const {
  agentWith,
  answer,
  differs,
  dispose,
  failure,
  get,
  request,
  since,
} = require('./support/agent');
const { closeServers, refusedPort, serve } = require('./support/server');

const from = (req, res) => res.end(`${req.socket.remoteAddress} ${req.socket.remotePort}`);

describe('Agent connect options', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const who of ['agent', 'request']) {
    const give = (options) =>
      who === 'agent' ? { agent: agentWith(options) } : { agent: agentWith(), ...options };

    it(`localAddress of the ${who} is where the connection comes from`, async () => {
      const site = await serve(from);
      const { body } = await answer(
        get({ port: site.port, ...give({ localAddress: '127.0.0.3' }) }),
      );
      assert.equal(body.split(' ')[0], '127.0.0.3');
    });

    it(`localPort of the ${who} is where the connection comes from`, async () => {
      const site = await serve(from);
      const localPort = await refusedPort();
      const { body } = await answer(get({ port: site.port, ...give({ localPort }) }));
      assert.equal(body.split(' ')[1], String(localPort));
    });

    it(`socketPath of the ${who} goes to a Unix socket`, async () => {
      const path = join(tmpdir(), `agent-${randomUUID()}.sock`);
      const site = await serve(undefined, path);
      const given = give({ socketPath: path, keepAlive: true });
      const req = get({ host: undefined, ...given });
      assert.deepEqual(Object.keys(given.agent.sockets), [`localhost:80::${path}`]);
      assert.equal((await answer(req)).body, '1');
      assert.equal(site.connections, 1);
    });

    it(`highWaterMark of the ${who} reaches the socket`, async () => {
      const site = await serve();
      const { socket } = await answer(get({ port: site.port, ...give({ highWaterMark: 3000 }) }));
      assert.equal(socket.writableHighWaterMark, 3000);
    });

    since(22)(`blockList of the ${who} refuses an address`, async () => {
      const site = await serve();
      const blockList = new net.BlockList();
      blockList.addAddress('127.0.0.1');
      const error = await failure(get({ port: site.port, ...give({ blockList }) }));
      assert.equal(error.code, 'ERR_IP_BLOCKED');
      assert.equal(error.message, 'IP(127.0.0.1) is blocked by net.BlockList');
      assert.equal(site.connections, 0);
    });

    since(22)(`blockList of the ${who} refuses what a name resolves to`, async () => {
      const site = await serve();
      const blockList = new net.BlockList();
      blockList.addSubnet('127.0.0.0', 8);
      const lookup = (_name, options, callback) => {
        if (options.all) setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }]);
        else setImmediate(callback, null, '127.0.0.1', 4);
      };
      const options = { port: site.port, host: 'blocked.example', ...give({ blockList, lookup }) };
      const error = await failure(get(options));
      const own = error.errors ? error.errors[0] : error;
      assert.equal(own.code, 'ERR_IP_BLOCKED');
      assert.equal(site.connections, 0);
    });

    it(`family of the ${who} reaches lookup and the name`, async () => {
      const site = await serve();
      let asked;
      const lookup = (_name, options, callback) => {
        asked = options;
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      const given = give({ family: 4, lookup });
      const req = get({ port: site.port, host: 'four.example', ...given });
      assert.deepEqual(Object.keys(given.agent.sockets), [`four.example:${site.port}::4`]);
      await answer(req);
      assert.equal(asked.family, 4);
    });

    it(`hints of the ${who} reach lookup`, async () => {
      const site = await serve();
      let asked;
      const lookup = (_name, options, callback) => {
        asked = options;
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      const given = give({ hints: dns.ADDRCONFIG | dns.V4MAPPED, lookup });
      await answer(get({ port: site.port, host: 'hints.example', ...given }));
      assert.equal(asked.hints, dns.ADDRCONFIG | dns.V4MAPPED);
    });

    it(`autoSelectFamily of the ${who} tries the next address`, async () => {
      const site = await serve();
      const lookup = (_name, options, callback) => {
        assert.equal(options.all, true);
        callback(null, [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ]);
      };
      const given = give({ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 500, lookup });
      const { body } = await answer(get({ port: site.port, host: 'both.example', ...given }));
      assert.equal(body, '1');
    });

    it(`autoSelectFamily: false of the ${who} asks for one address`, async () => {
      const site = await serve();
      const lookup = (_name, options, callback) => {
        assert.ok(!options.all);
        callback(null, '127.0.0.1', 4);
      };
      const given = give({ autoSelectFamily: false, lookup });
      const { body } = await answer(get({ port: site.port, host: 'one.example', ...given }));
      assert.equal(body, '1');
    });

    it(`a bad option of the ${who} throws as net.connect throws`, async () => {
      const port = await refusedPort();
      for (const [options, code] of [
        [{ localAddress: 'nowhere' }, 'ERR_INVALID_IP_ADDRESS'],
        [{ localPort: 'x' }, 'ERR_INVALID_ARG_TYPE'],
        [{ lookup: 1, host: 'a.example' }, 'ERR_INVALID_ARG_TYPE'],
        [{ autoSelectFamily: 1 }, 'ERR_INVALID_ARG_TYPE'],
      ]) {
        let native;
        try {
          net.connect({ port, host: '127.0.0.1', ...options }).on('error', () => {});
        } catch (error) {
          native = error;
        }
        assert.equal(native.code, code);
        const given = give(options);
        assert.throws(() => get({ port, host: options.host ?? '127.0.0.1', ...given }), {
          code,
          message: native.message,
        });
        assert.equal(given.agent.totalSocketCount, 0);
      }
    });
  }

  it('a bad port of a request throws as net.connect throws', () => {
    const agent = agentWith();
    assert.throws(() => get({ port: 70000, agent }), { code: 'ERR_SOCKET_BAD_PORT' });
    assert.equal(agent.totalSocketCount, 0);
  });

  it("the agent's options win over the request's", async () => {
    const site = await serve(from);
    const agent = agentWith({ localAddress: '127.0.0.4', keepAlive: true });
    const req = get({ port: site.port, localAddress: '127.0.0.5', agent });
    assert.deepEqual(Object.keys(agent.sockets), [`127.0.0.1:${site.port}:127.0.0.4`]);
    const { body } = await answer(req);
    assert.equal(body.split(' ')[0], '127.0.0.4');
  });

  it("the agent's host and port win, the Host header stays the request's", async () => {
    const site = await serve((req, res) => res.end(req.headers.host));
    const agent = agentWith({ host: '127.0.0.1', port: site.port });
    const req = get({ host: 'elsewhere.example', port: 81, agent });
    assert.equal((await answer(req)).body, 'elsewhere.example:81');
  });

  it('defaultPort is where a request without a port goes', async () => {
    const site = await serve((req, res) => res.end(req.headers.host));
    const agent = agentWith();
    agent.defaultPort = site.port;
    assert.equal((await answer(get({ agent }))).body, '127.0.0.1');
  });

  since(22)('defaultPort may be an option', async () => {
    const site = await serve((req, res) => res.end(req.headers.host));
    const agent = agentWith({ defaultPort: site.port });
    assert.equal((await answer(get({ agent }))).body, '127.0.0.1');
  });

  since(22)('protocol is what a request may ask for', async () => {
    const site = await serve();
    const agent = agentWith({ protocol: 'https:' });
    assert.equal((await answer(get({ port: site.port, protocol: 'https:', agent }))).body, '1');
    assert.throws(() => get({ port: site.port, protocol: 'http:', agent }), {
      code: 'ERR_INVALID_PROTOCOL',
    });
  });

  since(24)('highWaterMark of a request is given to the connection it reuses', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, highWaterMark: 2000, agent }));
    const { socket } = await answer(get({ port: site.port, highWaterMark: 5000, agent }));
    assert.equal(socket.writableHighWaterMark, 5000);
    assert.equal(site.connections, 1);
  });

  it('signal of the agent ends its connections', async () => {
    const site = await serve(() => controller.abort());
    const controller = new AbortController();
    const agent = agentWith({ signal: controller.signal });
    const error = await failure(get({ port: site.port, agent }));
    assert.equal(error.name, 'AbortError');
    assert.equal(error.code, 'ABORT_ERR');
    assert.equal(agent.totalSocketCount, 0);
  });

  differs('it counts such a connection off twice')(
    'signal already aborted lets no connection be made',
    async () => {
      const site = await serve();
      const agent = agentWith({ signal: AbortSignal.abort() });
      const error = await failure(get({ port: site.port, agent }));
      assert.equal(error.name, 'AbortError');
      assert.equal(site.requests, 0);
      assert.equal(agent.totalSocketCount, 0);
    },
  );

  it('noDelay and keepAlive reach createConnection', async () => {
    const site = await serve();
    const seen = [];
    for (const options of [{}, { noDelay: false, keepAlive: true, keepAliveMsecs: 4321 }]) {
      const agent = agentWith(options);
      agent.createConnection = (given) => {
        seen.push([given.noDelay, given.keepAlive, given.keepAliveInitialDelay]);
        return net.connect(given);
      };
      await answer(get({ port: site.port, agent }));
    }
    assert.deepEqual(seen, [
      [true, undefined, undefined],
      [false, true, 4321],
    ]);
  });

  it('createConnection can be called by hand', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    let connected = 0;
    const made = agent.createConnection({ port: site.port, host: '127.0.0.1' }, () => {
      connected++;
    });
    assert.ok(made instanceof net.Socket);
    assert.equal(made.connecting, true);
    await new Promise((resolve) => made.once('connect', resolve));
    assert.equal(connected, 1);
    assert.equal(agent.totalSocketCount, 0);
    made.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const chunks = [];
    for await (const chunk of made) chunks.push(chunk);
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('a body goes with every connect option', async () => {
    const site = await serve((req, res) => req.pipe(res));
    const agent = agentWith({ localAddress: '127.0.0.1', family: 4, noDelay: false });
    const req = request({ port: site.port, method: 'POST', agent });
    req.end('hello');
    assert.equal((await answer(req)).body, 'hello');
  });

  it('no option is needed for a name', async () => {
    const site = await serve();
    const agent = agentWith();
    const { body } = await answer(get({ host: 'localhost', port: site.port, agent }));
    assert.equal(body, '1');
  });
});
