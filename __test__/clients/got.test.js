'use strict';

const assert = require('node:assert/strict');
const dns = require('node:dns');
const { clientAgent, idle } = require('../support/client-site');
const { describeClient } = require('../support/client-contract');
const { cleanUp, rawServer, stuckServer } = require('../support/peer');

const TIMEOUT_MS = 300;

// got looks at the socket's state and at its events to time each phase of a request.
describeClient('got', (setting) => {
  afterEach(cleanUp);

  const get = (url, options) =>
    setting.own(url, { agent: setting.agents, retry: { limit: 0 }, ...options });

  it('says what a new connection took, and that a used one took nothing', async () => {
    const { agent, scheme, site } = setting;
    const opened = await get(`${site.url}/number`);
    const { phases, lookup, connect, secureConnect } = opened.timings;
    assert.equal(typeof phases.tcp, 'number');
    assert.equal(typeof phases.tls, scheme === 'https' ? 'number' : 'undefined');
    assert(lookup <= connect);
    if (scheme === 'https') assert(connect <= secureConnect);
    assert.equal(opened.ip, '127.0.0.1');

    await idle(agent, 1);
    const { timings, ip } = await get(`${site.url}/number`);
    assert.equal(timings.connect, timings.socket);
    assert.equal(timings.lookup, timings.socket);
    assert.equal(ip, '127.0.0.1');
    assert.equal(site.connections, 1);
  });

  it('its dnsLookup finds the server', async () => {
    const { scheme, site } = setting;
    const asked = [];
    const dnsLookup = (name, options, done) => {
      asked.push(name);
      dns.lookup('127.0.0.1', options, done);
    };
    const url = `${scheme}://only.got.knows.invalid:${site.port}/number`;
    const https = { checkServerIdentity: () => undefined };
    assert.equal(await get(url, { dnsLookup, https }).text(), '1');
    assert.deepEqual(asked, ['only.got.knows.invalid']);
  });

  it('its time limit of a lookup holds', async () => {
    const options = { dnsLookup() {}, timeout: { lookup: TIMEOUT_MS } };
    const asked = get(`${setting.scheme}://only.got.knows.invalid/`, options);
    await assert.rejects(asked, { name: 'TimeoutError', event: 'lookup' });
    await idle(setting.agent, 0);
  });

  it('its time limit of a connect holds', async () => {
    const { host, port } = await stuckServer();
    const asked = get(`${setting.scheme}://${host}:${port}/`, { timeout: { connect: TIMEOUT_MS } });
    await assert.rejects(asked, { name: 'TimeoutError', event: 'connect' });
    await idle(setting.agent, 0);
  });

  if (setting.scheme === 'https') {
    it('its time limit of a handshake holds', async () => {
      const { port } = await rawServer((socket) => socket.resume());
      const asked = get(`https://127.0.0.1:${port}/`, { timeout: { secureConnect: TIMEOUT_MS } });
      await assert.rejects(asked, { name: 'TimeoutError', event: 'secureConnect' });
      await idle(setting.agent, 0);
    });
  }

  it('a limit of its own has no effect on what the agent does next', async () => {
    const { agents, scheme, site } = setting;
    agents[scheme] = await clientAgent(scheme, { keepAlive: true, timeout: 60_000 });
    for (let i = 0; i < 3; i++) {
      assert.equal(await get(`${site.url}/number`, { timeout: { socket: 30_000 } }).text(), '1');
      const [socket] = await idle(agents[scheme], 1);
      assert.equal(socket.timeout, 60_000);
    }
  });
});
