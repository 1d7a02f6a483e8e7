'use strict';

// Libraries change an agent after they have made it: needle writes `agent.options`, others the
// properties. What they write holds for the next request.

const assert = require('node:assert/strict');
const { agentWith, answer, dispose, get, total } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const from = (req, res) => res.end(req.socket.remoteAddress);

describe('Agent options written later', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('localAddress holds for the next connection', async () => {
    const site = await serve(from);
    const agent = agentWith();
    assert.equal((await answer(get({ port: site.port, agent }))).body, '127.0.0.1');
    agent.options.localAddress = '127.0.0.6';
    assert.equal((await answer(get({ port: site.port, agent }))).body, '127.0.0.6');
    delete agent.options.localAddress;
    assert.equal((await answer(get({ port: site.port, agent }))).body, '127.0.0.1');
  });

  it('a connection parked under another name is not used', async () => {
    const site = await serve(from);
    const agent = agentWith({ keepAlive: true });
    await answer(get({ port: site.port, agent }));
    agent.options.localAddress = '127.0.0.6';
    assert.equal((await answer(get({ port: site.port, agent }))).body, '127.0.0.6');
    assert.equal(site.connections, 2);
    assert.equal(total(agent.freeSockets), 2);
  });

  it('lookup holds for the next connection', async () => {
    const site = await serve();
    const agent = agentWith();
    let name;
    agent.options.lookup = (asked, options, callback) => {
      name = asked;
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    };
    await answer(get({ host: 'later.example', port: site.port, agent }));
    assert.equal(name, 'later.example');
  });

  it('options may be replaced as a whole', async () => {
    const site = await serve(from);
    const agent = agentWith({ localAddress: '127.0.0.6' });
    agent.options = { localAddress: '127.0.0.7' };
    assert.equal((await answer(get({ port: site.port, agent }))).body, '127.0.0.7');
  });

  it('timeout holds for the next connection', async () => {
    const site = await serve();
    const agent = agentWith();
    agent.options.timeout = 54321;
    const { socket } = await answer(get({ port: site.port, agent }));
    assert.equal(socket.timeout, 54321);
  });

  it('keepAlive turned on keeps the next connection', async () => {
    const site = await serve();
    const agent = agentWith();
    await answer(get({ port: site.port, agent }));
    agent.keepAlive = true;
    await answer(get({ port: site.port, agent }));
    await answer(get({ port: site.port, agent }));
    assert.equal(site.connections, 2);
    assert.equal(total(agent.freeSockets), 1);
  });

  it('keepAlive turned off closes the connection in use when it is done', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const answered = answer(get({ port: site.port, agent }));
    agent.keepAlive = false;
    const { socket } = await answered;
    assert.ok(socket.destroyed);
    assert.equal(total(agent.freeSockets), 0);
  });

  it('keepAliveMsecs is read for each connection', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const create = agent.createConnection;
    let delay;
    agent.createConnection = function (options, callback) {
      delay = options.keepAliveInitialDelay;
      return create.call(this, options, callback);
    };
    agent.keepAliveMsecs = 7777;
    await answer(get({ port: site.port, agent }));
    assert.equal(delay, 7777);
  });

  it('a limit may be read back, also as Infinity', () => {
    const agent = agentWith({ maxSockets: 5 });
    agent.maxSockets = Infinity;
    agent.maxTotalSockets = 10;
    agent.maxFreeSockets = 20;
    assert.equal(agent.maxSockets, Infinity);
    assert.equal(agent.maxTotalSockets, 10);
    assert.equal(agent.maxFreeSockets, 20);
  });
});
