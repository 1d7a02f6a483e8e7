'use strict';

const assert = require('node:assert/strict');
const dns = require('node:dns');
const { agentWith, answer, dispose, failure, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const home = { address: '127.0.0.1', family: 4 };

function give(options, callback) {
  if (options.all) callback(null, [home]);
  else callback(null, home.address, home.family);
}

describe('Agent lookup', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('is called with the name and obeyed', async () => {
    const site = await serve();
    const names = [];
    const agent = agentWith({
      lookup(name, options, callback) {
        names.push(name);
        give(options, callback);
      },
    });
    const { res } = await answer(get({ host: 'a.example', port: site.port, agent }));
    assert.equal(res.statusCode, 200);
    assert.deepEqual(names, ['a.example']);
  });

  it('may answer later', async () => {
    const site = await serve();
    const agent = agentWith({
      lookup: (_name, options, callback) => setImmediate(give, options, callback),
    });
    await answer(get({ host: 'a.example', port: site.port, agent }));
    assert.equal(site.connections, 1);
  });

  it('is not called for an address', async () => {
    const site = await serve();
    const agent = agentWith({ lookup: () => assert.fail('called') });
    await answer(get({ host: '127.0.0.1', port: site.port, agent }));
  });

  it('is called once a connection, not once a request', async () => {
    const site = await serve();
    let calls = 0;
    const agent = agentWith({
      keepAlive: true,
      lookup(_name, options, callback) {
        calls++;
        give(options, callback);
      },
    });
    for (let i = 0; i < 3; i++) await answer(get({ host: 'a.example', port: site.port, agent }));
    assert.equal(calls, 1);
    assert.equal(site.connections, 1);
  });

  it('of the agent wins over that of a request', async () => {
    const site = await serve();
    const agent = agentWith({ lookup: (_name, options, callback) => give(options, callback) });
    const lookup = () => assert.fail('called');
    await answer(get({ host: 'a.example', port: site.port, lookup, agent }));
  });

  it('of a request is called where the agent has none', async () => {
    const site = await serve();
    const agent = agentWith();
    const lookup = (_name, options, callback) => give(options, callback);
    await answer(get({ host: 'a.example', port: site.port, lookup, agent }));
  });

  for (const later of [false, true]) {
    it(`gives its error to the request, ${later ? 'later' : 'at once'}`, async () => {
      const own = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      const agent = agentWith({
        lookup(_name, _options, callback) {
          if (later) setImmediate(callback, own);
          else callback(own);
        },
      });
      const req = get({ host: 'a.example', port: 80, agent });
      assert.equal(await failure(req), own);
      assert.equal(agent.totalSocketCount, 0);
    });
  }

  it('shows its result in the lookup event', async () => {
    const site = await serve();
    const agent = agentWith({
      autoSelectFamily: false,
      lookup: (_name, options, callback) => setImmediate(give, options, callback),
    });
    const req = get({ host: 'a.example', port: site.port, agent });
    let seen;
    req.on('socket', (socket) => {
      socket.on('lookup', (...args) => {
        seen = args;
      });
    });
    await answer(req);
    assert.deepEqual(seen, [null, '127.0.0.1', 4, 'a.example']);
  });

  it('that answers with no address fails the request', async () => {
    const agent = agentWith({
      autoSelectFamily: false,
      lookup: (_name, _options, callback) => callback(null, 'not an address', 4),
    });
    const error = await failure(get({ host: 'a.example', port: 80, agent }));
    assert.equal(error.code, 'ERR_INVALID_IP_ADDRESS');
  });

  it('lets waiting requests go on after an error', async () => {
    const site = await serve();
    let calls = 0;
    const agent = agentWith({
      maxSockets: 1,
      lookup(_name, options, callback) {
        if (++calls === 1) setImmediate(callback, new Error('first'));
        else give(options, callback);
      },
    });
    const failed = failure(get({ host: 'a.example', port: site.port, agent }));
    const answers = [1, 2].map(() => answer(get({ host: 'a.example', port: site.port, agent })));
    assert.equal((await failed).message, 'first');
    await Promise.all(answers);
  });

  it('of the system gives the error of dns.lookup', async () => {
    const name = 'does-not-exist.invalid';
    const native = await new Promise((resolve) => dns.lookup(name, resolve));
    const agent = agentWith();
    const error = await failure(get({ host: name, port: 80, agent }));
    for (const field of ['name', 'message', 'code', 'errno', 'syscall', 'hostname']) {
      assert.equal(error[field], native[field], field);
    }
    assert.equal(agent.totalSocketCount, 0);
  });
});
