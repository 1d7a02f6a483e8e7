'use strict';

// A connection that cannot be made: the request gets the very error that Node's agent gives it.

const assert = require('node:assert/strict');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { Agent } = require('./support/agent');
const {
  HOST,
  agentOf,
  cleanUp,
  closedPort,
  failure,
  gone,
  httpServer,
  request,
} = require('./support/peer');

const { errno } = os.constants;

function fieldsOf(error) {
  const { name, message, code, errors } = error;
  const fields = { name, message, code, ...error };
  if (errors) fields.errors = errors.map(fieldsOf);
  return fields;
}

async function failureOf(agent, options) {
  const req = http.request({ agent, ...options }).end();
  // Both may come in the same tick.
  const [error] = await Promise.all([failure(req), gone(req)]);
  assert.deepEqual(Object.keys(agent.sockets), []);
  assert.equal(agent.totalSocketCount, 0);
  agent.destroy();
  return error;
}

// The error of a request, which must be that of Node's own agent in every field.
async function sameFailure(options) {
  const error = await failureOf(new Agent(), options);
  const expected = await failureOf(new http.Agent(), options);
  assert.deepEqual(fieldsOf(error), fieldsOf(expected));
  assert.equal(error.constructor, expected.constructor);
  assert.equal(String(error), String(expected));
  return error;
}

function answering(...addresses) {
  return (_host, options, done) => {
    if (options.all) done(null, addresses);
    else done(null, addresses[0].address, addresses[0].family);
  };
}

// Where it answers at once, Node's request does not listen yet.
function later(lookup) {
  return (...args) => setImmediate(lookup, ...args);
}

async function attemptsOf(options) {
  const agent = agentOf();
  const req = http.request({ agent, ...options });
  const attempts = [];
  req.on('socket', (socket) => {
    for (const event of ['connectionAttempt', 'connectionAttemptFailed']) {
      socket.on(event, (...args) => attempts.push([event, ...args]));
    }
  });
  await failure(req.end());
  return attempts;
}

describe('a connection that cannot be made', () => {
  afterEach(cleanUp);

  it('to a port where nobody listens is ECONNREFUSED', async () => {
    const port = await closedPort();
    const error = await sameFailure({ host: HOST, port });
    assert.deepEqual(fieldsOf(error), {
      name: 'Error',
      message: `connect ECONNREFUSED ${HOST}:${port}`,
      code: 'ECONNREFUSED',
      errno: -errno.ECONNREFUSED,
      syscall: 'connect',
      address: HOST,
      port,
    });
    assert.match(error.stack, /^Error: connect ECONNREFUSED/);
  });

  it('to a closed IPv6 port names the address', async () => {
    const port = await closedPort();
    const error = await sameFailure({ host: '::1', port });
    assert.equal(error.address, '::1');
    assert.equal(error.message, `connect ${error.code} ::1:${port}`);
  });

  it('to a path that is not there is ENOENT', async () => {
    const socketPath = path.join(os.tmpdir(), `oxagent-absent-${process.pid}.sock`);
    const error = await sameFailure({ socketPath });
    assert.deepEqual(fieldsOf(error), {
      name: 'Error',
      message: `connect ENOENT ${socketPath}`,
      code: 'ENOENT',
      errno: -errno.ENOENT,
      syscall: 'connect',
      address: socketPath,
    });
  });

  it('to a path that is no socket is refused', async () => {
    const error = await sameFailure({ socketPath: __filename });
    assert.equal(error.address, __filename);
    assert.equal(error.syscall, 'connect');
  });

  it('to a path that is too long fails as in Node', async () => {
    const options = { socketPath: path.join(os.tmpdir(), 'x'.repeat(200)) };
    const error = await failureOf(new Agent(), options);
    const expected = await failureOf(new http.Agent(), options);
    // Not the message: some versions of Node add an undefined local address to it.
    for (const name of ['code', 'errno', 'syscall', 'address']) {
      assert.equal(error[name], expected[name]);
    }
  });

  it('to all addresses of a name is one AggregateError', async () => {
    const port = await closedPort();
    const lookup = answering({ address: '::1', family: 6 }, { address: HOST, family: 4 });
    const error = await sameFailure({ host: 'two.addresses', port, lookup });
    assert.ok(error instanceof AggregateError);
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.errors.length, 2);
    assert.deepEqual(
      error.errors.map(({ code, address, syscall }) => ({ code, address, syscall })),
      [
        { code: 'ECONNREFUSED', address: '::1', syscall: 'connect' },
        { code: 'ECONNREFUSED', address: HOST, syscall: 'connect' },
      ],
    );
    assert.equal(error.errors[1].message, `connect ECONNREFUSED ${HOST}:${port}`);
    assert.equal(error.errors[1].port, port);
  });

  it('to localhost fails as in Node, however many addresses it has', async () => {
    const error = await sameFailure({ host: 'localhost', port: await closedPort() });
    assert.equal(error.code, 'ECONNREFUSED');
  });

  it('to a name that does not exist is the error of getaddrinfo', async () => {
    const error = await sameFailure({ host: 'x.invalid', port: 80 });
    assert.equal(error.syscall, 'getaddrinfo');
    assert.equal(error.hostname, 'x.invalid');
    assert.equal(error.message, `getaddrinfo ${error.code} x.invalid`);
  });

  it('to a name without addresses of the family fails as in Node', async () => {
    const error = await sameFailure({ host: 'x.invalid', port: 80, family: 6 });
    assert.equal(error.syscall, 'getaddrinfo');
    await sameFailure({ host: 'x.invalid', port: 80, family: 4, autoSelectFamily: false });
  });

  it('from an address that is not ours is the error of bind', async () => {
    const port = await closedPort();
    const error = await sameFailure({ host: HOST, port, localAddress: '192.0.2.7' });
    assert.equal(error.code, 'EADDRNOTAVAIL');
    assert.equal(error.syscall, 'bind');
    assert.equal(error.address, '192.0.2.7');
    assert.equal(error.message, 'bind EADDRNOTAVAIL 192.0.2.7');
  });

  it('from a port that is taken is EADDRINUSE', async () => {
    const server = await httpServer(() => {});
    const error = await sameFailure({
      host: HOST,
      port: server.port,
      localAddress: HOST,
      localPort: server.port,
    });
    assert.equal(error.code, 'EADDRINUSE');
  });

  for (const [from, localAddress] of [
    ['an IPv6 address', '::1'],
    ['any IPv6 address', '::'],
    ['an IPv4 address written as IPv6', '::ffff:127.0.0.1'],
  ]) {
    it(`from ${from} to an IPv4 one is the error of bind, and no attempt`, async () => {
      const port = await closedPort();
      const error = await sameFailure({ host: HOST, port, localAddress });
      assert.equal(error.message, `bind EINVAL ${localAddress}`);
      const lookup = answering({ address: HOST, family: 4 });
      await sameFailure({ host: 'one.address', port, localAddress, lookup: later(lookup) });
      const localPort = await closedPort();
      await sameFailure({ host: HOST, port, localAddress, localPort });
      const attempts = await attemptsOf({ host: 'localhost', family: 4, port, localAddress });
      assert.deepEqual(attempts, []);
    });
  }

  it('from an IPv4 address to an IPv6 one is the error of bind', async () => {
    const error = await sameFailure({ host: '::1', port: 1, localAddress: HOST });
    assert.equal(error.message, `bind EINVAL ${HOST}`);
  });

  it('from an IPv4 address written as IPv6 to an IPv6 one is refused at once', async () => {
    const port = await closedPort();
    const options = { host: '::1', port, localAddress: '::ffff:127.0.0.1' };
    const error = await failureOf(new Agent(), options);
    const expected = await failureOf(new http.Agent(), options);
    const anyPort = ({ message }) => message.replace(/\d+\)$/, 'PORT)');
    assert.equal(anyPort(error), anyPort(expected));
    assert.equal(error.code, expected.code);
  });

  for (const host of [HOST, '::1', 'localhost']) {
    it(`from a port of ours to ${host} names the near end`, async () => {
      const options = { host, port: await closedPort(), localPort: await closedPort() };
      const error = await sameFailure(options);
      assert.equal(error.localPort, options.localPort);
    });
  }

  for (const host of ['0:0:0:0:0:0:0:1', '::FFFF:7f00:1']) {
    it(`to ${host} names the address as it was written`, async () => {
      const port = await closedPort();
      const error = await sameFailure({ host, port });
      assert.equal(error.address, host);
      const lookup = later(answering({ address: host, family: 6 }));
      await sameFailure({ host: 'a.name', port, lookup, autoSelectFamily: false });
    });
  }

  for (const [what, host] of [
    ['a label of 64 characters', `${'a'.repeat(64)}.invalid`],
    ['254 characters', 'ab.'.repeat(85).slice(0, 254)],
    ['255 characters', 'ab.'.repeat(85)],
    ['256 characters', `${'ab.'.repeat(85)}a`],
    ['300 characters', 'a'.repeat(300)],
    ['70,000 characters', 'a'.repeat(70_000)],
    ['letters beyond ASCII', 'ä.invalid'],
    ['300 letters beyond ASCII', 'ä'.repeat(300)],
    ['a slash behind letters beyond ASCII', 'ä/b.invalid'],
    ['digits of full width', '１２７.0.0.1'],
  ]) {
    it(`to a host of ${what} fails as in Node`, async () => {
      await sameFailure({ host, port: await closedPort(), headers: { host: 'h' } });
    });
  }

  it('from an address and port of ours names both', async () => {
    const localPort = await closedPort();
    const port = await closedPort();
    const error = await failureOf(new Agent(), { host: HOST, port, localAddress: HOST, localPort });
    const expected = `connect ECONNREFUSED ${HOST}:${port} - Local (${HOST}:${localPort})`;
    assert.equal(error.message, expected);
    assert.equal(error.localAddress, HOST);
    assert.equal(error.localPort, localPort);
  });

  it('refuses what is no local address, and no port, at once', () => {
    const agent = agentOf();
    for (const [options, code] of [
      [{ localAddress: 'not an address' }, 'ERR_INVALID_IP_ADDRESS'],
      [{ localPort: '80', localAddress: HOST }, 'ERR_INVALID_ARG_TYPE'],
      [{ port: 65_536 }, 'ERR_SOCKET_BAD_PORT'],
      [{ port: -1 }, 'ERR_SOCKET_BAD_PORT'],
    ]) {
      assert.throws(() => request({ port: 80 }, agent, options), { code });
    }
    assert.throws(() => request({ port: 80 }, agent, { port: {} }), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    assert.equal(agent.totalSocketCount, 0);
  });

  it('emits the error on the socket too, and on each exactly once', async () => {
    const port = await closedPort();
    const req = request({ port }, agentOf()).end();
    const log = [];
    req.on('socket', (socket) => {
      socket.on('error', (error) => log.push(['socket error', error]));
      socket.on('close', (hadError) => log.push(['socket close', hadError]));
    });
    req.on('error', (error) => log.push(['request error', error]));
    req.on('close', () => log.push(['request close']));
    await gone(req);
    await gone(req.socket);
    const error = req.socket.errored;
    assert.equal(error.code, 'ECONNREFUSED');
    const sorted = log
      .map(([name, detail]) => [name, detail])
      .sort((a, b) => (a[0] < b[0] ? -1 : 1));
    assert.deepEqual(sorted, [
      ['request close', undefined],
      ['request error', error],
      ['socket close', true],
      ['socket error', error],
    ]);
  });

  it('lets the requests that wait go on', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const agent = agentOf({ maxSockets: 1, maxTotalSockets: 1 });
    const port = await closedPort();
    const failed = [];
    for (let i = 0; i < 3; i++) failed.push(failure(request({ port }, agent).end()));
    const req = request(server, agent).end();
    const response = new Promise((done) => req.on('response', done));
    for (const error of await Promise.all(failed)) assert.equal(error.code, 'ECONNREFUSED');
    (await response).resume();
  });
});
