'use strict';

const assert = require('node:assert/strict');
const { Agent, agentWith, answer, dispose, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

describe('Agent getName', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const agent = new Agent();
  for (const [options, name] of [
    [undefined, 'localhost::'],
    [{}, 'localhost::'],
    [{ host: 'a.example' }, 'a.example::'],
    [{ host: '', port: 80 }, 'localhost:80:'],
    [{ port: 8080 }, 'localhost:8080:'],
    [{ host: 'a.example', port: '81' }, 'a.example:81:'],
    [{ host: 'a.example', port: 80, localAddress: '10.0.0.1' }, 'a.example:80:10.0.0.1'],
    [{ host: '::1', port: 80 }, '::1:80:'],
    [{ host: 'a.example', port: 80, family: 4 }, 'a.example:80::4'],
    [{ host: 'a.example', port: 80, family: 6 }, 'a.example:80::6'],
    [{ host: 'a.example', port: 80, family: 0 }, 'a.example:80:'],
    [{ host: 'a.example', port: 80, family: 'IPv4' }, 'a.example:80:'],
    [{ socketPath: '/run/x.sock' }, 'localhost:::/run/x.sock'],
    [
      { host: 'a', port: 1, localAddress: '10.0.0.1', family: 6, socketPath: '/s' },
      'a:1:10.0.0.1:6:/s',
    ],
    [{ host: 'a', port: 1, method: 'POST', path: '/p', timeout: 3, servername: 'b' }, 'a:1:'],
  ]) {
    it(`of ${JSON.stringify(options)} is ${name}`, () => {
      assert.equal(agent.getName(options), name);
    });
  }

  it('is the key of the views', async () => {
    const site = await serve();
    const keeping = agentWith({ keepAlive: true, localAddress: '127.0.0.1', family: 4 });
    const req = get({ port: site.port, agent: keeping });
    const key = `127.0.0.1:${site.port}:127.0.0.1:4`;
    assert.deepEqual(Object.keys(keeping.sockets), [key]);
    await answer(req);
    assert.deepEqual(Object.keys(keeping.freeSockets), [key]);
    const same = { host: '127.0.0.1', port: site.port, localAddress: '127.0.0.1', family: 4 };
    assert.equal(keeping.getName(same), key);
  });

  it('has the port where loggers look for it', async () => {
    const site = await serve();
    const keeping = agentWith({ keepAlive: true });
    const req = get({ port: site.port, agent: keeping });
    const [host, port] = Object.keys(keeping.sockets)[0].split(':');
    assert.equal(host, '127.0.0.1');
    assert.equal(port, String(site.port));
    await answer(req);
  });
});
