'use strict';

// How a host name becomes a connection: the user's lookup, its events, and several addresses.

const assert = require('node:assert/strict');
const dns = require('node:dns');
const { once } = require('node:events');
const net = require('node:net');
const { since } = require('./support/agent');
const {
  HOST,
  agentOf,
  cleanUp,
  exchange,
  failure,
  gone,
  httpServer,
  request,
  socketOf,
  stuckServer,
} = require('./support/peer');

const HOSTNAME = 'host.name';
const IPV4 = { address: HOST, family: 4 };

// A lookup that answers these addresses, one or all as it is asked, and records the questions.
function answering(...addresses) {
  const lookup = (hostname, options, done) => {
    lookup.asked.push({ hostname, options });
    setImmediate(() => {
      if (options.all) done(null, addresses);
      else done(null, addresses[0].address, addresses[0].family);
    });
  };
  lookup.asked = [];
  return lookup;
}

async function lookups(server, options) {
  const req = request(server, agentOf(), options).end();
  const socket = await socketOf(req);
  const seen = [];
  socket.on('lookup', (...args) => seen.push(args));
  const [res] = await once(req, 'response');
  res.resume();
  await gone(req);
  return seen;
}

describe('a name that is looked up', () => {
  afterEach(cleanUp);

  it('asks the function of the request', async () => {
    const server = await httpServer((req, res) => res.end(req.headers.host));
    const lookup = answering(IPV4);
    const { text } = await exchange(server, agentOf(), { host: HOSTNAME, lookup });
    assert.equal(text, `${HOSTNAME}:${server.port}`);
    assert.equal(lookup.asked.length, 1);
    const [{ hostname, options }] = lookup.asked;
    assert.equal(hostname, HOSTNAME);
    assert.equal(options.all, true);
    assert.equal(options.family, undefined);
    assert.equal(options.hints, dns.ADDRCONFIG);
  });

  it("asks the agent's function before the request's", async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = answering(IPV4);
    const unasked = answering(IPV4);
    await exchange(server, agentOf({ lookup }), { host: HOSTNAME, lookup: unasked });
    assert.equal(lookup.asked.length, 1);
    assert.equal(unasked.asked.length, 0);
  });

  it('tells the function the family and the hints', async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = answering(IPV4);
    const options = { host: HOSTNAME, lookup, family: 4, hints: dns.V4MAPPED };
    await exchange(server, agentOf(), options);
    const [{ options: told }] = lookup.asked;
    assert.equal(told.family, 4);
    assert.equal(told.hints, dns.V4MAPPED);
    assert.ok(!told.all);
  });

  it('asks for one address when autoSelectFamily is off', async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = answering(IPV4);
    await exchange(server, agentOf(), { host: HOSTNAME, lookup, autoSelectFamily: false });
    assert.ok(!lookup.asked[0].options.all);
  });

  it('asks once a connection, not once a request', async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = answering(IPV4);
    const agent = agentOf({ keepAlive: true });
    for (let i = 0; i < 3; i++) {
      const { req } = await exchange(server, agent, { host: HOSTNAME, lookup });
      await gone(req);
    }
    assert.equal(lookup.asked.length, 1);
    assert.equal(server.connections, 1);
  });

  it('is not asked for when the host is an address', async () => {
    const server = await httpServer((_, res) => res.end());
    const seen = await lookups(server, { lookup: () => assert.fail('is an address') });
    assert.deepEqual(seen, []);
  });

  it("emits 'lookup' with error, address, family and host", async () => {
    const server = await httpServer((_, res) => res.end());
    const one = { host: HOSTNAME, lookup: answering(IPV4), autoSelectFamily: false };
    assert.deepEqual(await lookups(server, one), [[null, HOST, 4, HOSTNAME]]);
  });

  it("emits 'lookup' for each of several addresses", async () => {
    const server = await httpServer((_, res) => res.end());
    const options = {
      host: HOSTNAME,
      lookup: answering(IPV4, { address: '127.0.0.9', family: 4 }),
    };
    assert.deepEqual(await lookups(server, options), [
      [null, HOST, 4, HOSTNAME],
      [null, '127.0.0.9', 4, HOSTNAME],
    ]);
  });

  it("emits 'lookup' before 'connect' for a name that the system resolves", async () => {
    const server = await httpServer((_, res) => res.end());
    const req = request(server, agentOf(), { host: 'localhost', family: 4 }).end();
    const socket = await socketOf(req);
    const log = [];
    socket.on('lookup', (...args) => log.push(args));
    socket.on('connect', () => log.push('connect'));
    const [res] = await once(req, 'response');
    res.resume();
    assert.deepEqual(log, [[null, HOST, 4, 'localhost'], 'connect']);
  });

  it('may be answered at once', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const lookup = (_host, options, done) =>
      options.all ? done(null, [IPV4]) : done(null, HOST, 4);
    const { text } = await exchange(server, agentOf(), { host: HOSTNAME, lookup });
    assert.equal(text, 'ok');
  });

  it('fails the request with the error of the function', async () => {
    const server = await httpServer(() => {});
    const reason = new Error('no such name');
    const agent = agentOf();
    const lookup = (_host, _options, done) => setImmediate(done, reason);
    const req = request(server, agent, { host: HOSTNAME, lookup }).end();
    const failed = failure(req);
    const socket = await socketOf(req);
    const looked = new Promise((done) => socket.on('lookup', (...args) => done(args)));
    assert.equal(await failed, reason);
    assert.deepEqual(await looked, [reason, undefined, undefined, HOSTNAME]);
    await gone(socket);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('fails the request when the answer is no address', async () => {
    const server = await httpServer(() => {});
    for (const [address, family, code] of [
      ['nonsense', 4, 'ERR_INVALID_IP_ADDRESS'],
      [HOST, 9, 'ERR_INVALID_ADDRESS_FAMILY'],
    ]) {
      for (const autoSelectFamily of [true, false]) {
        const options = { host: HOSTNAME, lookup: answering({ address, family }) };
        const req = request(server, agentOf(), { ...options, autoSelectFamily }).end();
        const error = await failure(req);
        assert.equal(error.code, code);
        await gone(req);
      }
    }
  });

  it('whose function is none is refused at once', async () => {
    const server = await httpServer(() => {});
    for (const lookup of [1, 'dns', {}, true]) {
      assert.throws(() => request(server, agentOf(), { host: HOSTNAME, lookup }), {
        code: 'ERR_INVALID_ARG_TYPE',
      });
    }
  });

  it('may be abandoned before it is answered', async () => {
    const server = await httpServer(() => {});
    let answer;
    const lookup = (_host, _options, done) => {
      answer = done;
    };
    const agent = agentOf();
    const req = request(server, agent, { host: HOSTNAME, lookup }).end();
    const socket = await socketOf(req);
    req.destroy();
    await failure(req);
    await gone(socket);
    answer(null, [IPV4]);
    await new Promise(setImmediate);
    assert.equal(server.connections, 0);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });

  it('says the error of its end a turn of the loop before it closes', async () => {
    const req = request({ port: 80 }, agentOf(), { host: HOSTNAME, lookup() {} });
    const socket = await socketOf(req);
    const told = [];
    socket.once('error', () => {
      told.push('error');
      process.nextTick(() => process.nextTick(() => told.push('next tick')));
    });
    req.on('error', () => {});
    socket.once('close', () => told.push('close'));
    // A client that learns of both by the close, its request not yet written, names the wrong one.
    socket.destroy(new Error('mine'));
    await gone(socket);
    assert.deepEqual(told, ['error', 'next tick', 'close']);
  });
});

describe('a name with several addresses', () => {
  afterEach(cleanUp);

  it('reaches the second when the first refuses', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const lookup = answering({ address: '::1', family: 6 }, IPV4);
    const agent = agentOf({ keepAlive: true });
    const { text, socket } = await exchange(server, agent, { host: HOSTNAME, lookup });
    assert.equal(text, 'ok');
    assert.equal(socket.remoteAddress, HOST);
    assert.equal(socket.remoteFamily, 'IPv4');
    assert.equal(server.connections, 1);
  });

  it('reaches the second when the first has no route', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const lookup = answering({ address: '100::1', family: 6 }, IPV4);
    const { text } = await exchange(server, agentOf(), { host: HOSTNAME, lookup });
    assert.equal(text, 'ok');
  });

  it('reaches the second when the first does not answer', async () => {
    const stuck = await stuckServer();
    const where = { port: stuck.port, host: HOST };
    const server = await httpServer((_, res) => res.end('ok'), where);
    const lookup = answering({ address: stuck.host, family: 4 }, IPV4);
    const { text } = await exchange(server, agentOf(), {
      host: HOSTNAME,
      lookup,
      autoSelectFamilyAttemptTimeout: 20,
    });
    assert.equal(text, 'ok');
  });

  it('lists what was attempted, families in turn', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const lookup = answering(
      { address: '::1', family: 6 },
      { address: '100::2', family: 6 },
      IPV4,
      { address: '127.0.0.9', family: 4 },
    );
    const req = request(server, agentOf(), { host: HOSTNAME, lookup }).end();
    const socket = await socketOf(req);
    const attempts = [];
    socket.on('connectionAttempt', (...args) => attempts.push(args));
    const failed = [];
    socket.on('connectionAttemptFailed', (...args) => failed.push(args));
    const [res] = await once(req, 'response');
    res.resume();
    const { port } = server;
    assert.deepEqual(socket.autoSelectFamilyAttemptedAddresses, [`::1:${port}`, `${HOST}:${port}`]);
    assert.deepEqual(attempts, [
      ['::1', port, 6],
      [HOST, port, 4],
    ]);
    assert.equal(failed.length, 1);
    assert.deepEqual(failed[0].slice(0, 3), ['::1', port, 6]);
    assert.equal(failed[0][3].code, 'ECONNREFUSED');
  });

  it('tries only the first when autoSelectFamily is off', async () => {
    const server = await httpServer(() => {});
    const lookup = answering({ address: '::1', family: 6 }, IPV4);
    const options = { host: HOSTNAME, lookup, autoSelectFamily: false };
    const error = await failure(request(server, agentOf(), options).end());
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.address, '::1');
  });

  it('obeys net.setDefaultAutoSelectFamily', async () => {
    const server = await httpServer((_, res) => res.end());
    const lookup = answering(IPV4);
    const before = net.getDefaultAutoSelectFamily();
    net.setDefaultAutoSelectFamily(false);
    try {
      await exchange(server, agentOf(), { host: HOSTNAME, lookup });
      assert.ok(!lookup.asked[0].options.all);
    } finally {
      net.setDefaultAutoSelectFamily(before);
    }
  });

  it('refuses bad options for it at once', async () => {
    const server = await httpServer(() => {});
    for (const [options, code] of [
      [{ autoSelectFamily: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
      [{ autoSelectFamilyAttemptTimeout: '10' }, 'ERR_INVALID_ARG_TYPE'],
      [{ autoSelectFamilyAttemptTimeout: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ autoSelectFamilyAttemptTimeout: 0 }, 'ERR_OUT_OF_RANGE'],
    ]) {
      const lookup = () => assert.fail('the options are bad');
      assert.throws(() => request(server, agentOf(), { host: HOSTNAME, lookup, ...options }), {
        code,
      });
    }
  });

  since(22)('never connects to what a blockList forbids', async () => {
    const server = await httpServer((_, res) => res.end());
    const blockList = new net.BlockList();
    blockList.addAddress(HOST);
    const agent = agentOf({ blockList });
    for (const options of [{}, { host: HOSTNAME, lookup: answering(IPV4) }]) {
      const req = request(server, agent, options).end();
      assert.equal((await failure(req)).code, 'ERR_IP_BLOCKED');
      await gone(req);
    }
    assert.equal(server.connections, 0);
    assert.deepEqual(Object.keys(agent.sockets), []);
  });
});
