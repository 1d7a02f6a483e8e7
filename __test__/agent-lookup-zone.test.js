'use strict';

// A lookup of the program that answers with an address that has a zone: the request may fail, but
// as requests fail.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { agentWith, answer, differs, dispose, failure, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

const ZONED = { address: 'fe80::1%lo', family: 6 };
const HOME = { address: '127.0.0.1', family: 4 };

function give({ address, family }, options, callback) {
  if (options.all) callback(null, [{ address, family }]);
  else callback(null, address, family);
}

describe('Agent lookup that answers with a zoned address', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const autoSelectFamily of [true, false]) {
    for (const later of [true, false]) {
      const how = `${later ? 'later' : 'at once'}, autoSelectFamily ${autoSelectFamily}`;
      const can = later ? it : differs('its error comes before the request listens');
      can(`fails the request alone, ${how}`, async () => {
        const site = await serve();
        const agent = agentWith({
          keepAlive: true,
          maxSockets: 1,
          autoSelectFamily,
          lookup(name, options, callback) {
            const found = name === 'zoned.example' ? ZONED : HOME;
            if (later) setImmediate(give, found, options, callback);
            else give(found, options, callback);
          },
        });
        const { port } = site;
        const zoned = [1, 2].map(() => failure(get({ host: 'zoned.example', port, agent })));
        const plain = [1, 2].map(() => answer(get({ host: 'a.example', port, agent })));
        for (const error of await Promise.all(zoned)) assert.ok(error instanceof Error);
        await Promise.all(plain);
        await answer(get({ host: 'a.example', port, agent }));
        assert.equal(site.connections, 1);
        assert.equal(agent.totalSocketCount, 1);
      });
    }
  }

  it('takes a zone that is no interface for none', async () => {
    const site = await serve();
    const agent = agentWith({
      lookup(name, options, callback) {
        setImmediate(give, { address: '::1%nowhere', family: 6 }, options, callback);
      },
    });
    // Nobody listens there, or there is no IPv6.
    const socket = net.connect({ host: '::1', port: site.port });
    const [expected] = await once(socket, 'error');
    const error = await failure(get({ host: 'zoned.example', port: site.port, agent }));
    assert.equal(error.code, expected.code);
  });
});
