'use strict';

// Who carries a connection, where both can.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentWith, answer, differs, dispose, get, request } = require('./support/agent');
const { carrierOf, untilCarried } = require('./support/carriers');
const { result, run } = require('./support/child');
const { getSecure, httpsAgentWith } = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { runtime } = require('../lib/node/runtime');

const BULK = 128 << 10;

const hasLoop = runtime === 'node' && process.platform === 'linux';

const isAuto = ['', 'auto', undefined].includes(process.env.OXAGENT_IO);
const both = hasLoop && isAuto ? differs('it has one carrier') : it.skip;

describe('the carrier of a connection', () => {
  afterEach(dispose);
  afterEach(closeServers);

  both('is the event loop after a small exchange', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    await untilCarried(socket);
    assert.equal(carrierOf(socket), 'loop');
    const { body, socket: again } = await answer(get({ port: site.port, agent }));
    assert.equal(again, socket);
    assert.equal(body, '1');
    assert.equal(carrierOf(socket), 'loop');
  });

  both('is the event loop over TLS too', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ keepAlive: true, ca: (await pki()).root.pem });
    const { socket } = await answer(getSecure({ port: site.port, agent }));
    await untilCarried(socket);
    assert.equal(carrierOf(socket), 'loop');
    const { body } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(body, '1');
  });

  both(
    'is the I/O thread while a body is large, and again the event loop after a small one',
    async () => {
      const site = await serve((req, res) => {
        res.end(req.url === '/large' ? Buffer.alloc(BULK * 8) : 'small');
      });
      const agent = agentWith({ keepAlive: true });
      const { socket } = await answer(get({ port: site.port, agent }));
      await untilCarried(socket);
      for (const round of [1, 2]) {
        await answer(get({ port: site.port, agent, path: '/large' }));
        assert.equal(carrierOf(socket), 'thread', `round ${round}`);
      }
      await answer(get({ port: site.port, agent }));
      await untilCarried(socket);
      assert.equal(carrierOf(socket), 'loop');
    },
  );

  both('is the I/O thread while an upload is large', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { socket } = await answer(get({ port: site.port, agent }));
    await untilCarried(socket);
    const req = request({ port: site.port, agent, method: 'POST' });
    const answered = once(req, 'response');
    for (let i = 0; i < 8; i++) req.write(Buffer.alloc(BULK / 4));
    await new Promise(setImmediate);
    assert.equal(carrierOf(socket), 'thread');
    req.end();
    const [res] = await answered;
    await res.toArray();
  });

  for (const [mode, expected] of [
    ['thread', 'thread'],
    ['loop', hasLoop ? 'loop' : 'thread'],
  ]) {
    differs('it has none')(`OXAGENT_IO=${mode} is heeded`, async () => {
      const ended = await run('carrier-mode.js', [], { env: { OXAGENT_IO: mode } });
      assert.equal(result(ended).carrier, expected);
    });
  }

  differs('it has none')('an OXAGENT_IO that is none is an error that names it', async () => {
    const ended = await run('carrier-mode.js', [], { env: { OXAGENT_IO: 'both' } });
    const { code, message } = result(ended);
    assert.equal(code, 'ERR_INVALID_ARG_VALUE');
    assert.match(message, /OXAGENT_IO.*'auto', 'thread', 'loop'.*'both'/);
  });
});
