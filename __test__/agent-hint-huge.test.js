'use strict';

// `Keep-Alive: timeout=` of more than any timer takes.

const assert = require('node:assert/strict');
const { agentWith, answer, dispose, get } = require('./support/agent');
const { closeServers, serve } = require('./support/server');

describe('Agent and a huge Keep-Alive hint', () => {
  afterEach(dispose);
  afterEach(closeServers);

  const warnings = [];
  const onWarning = (warning) => warnings.push(warning.name);
  beforeEach(() => process.on('warning', onWarning));
  afterEach(() => {
    process.removeListener('warning', onWarning);
    warnings.length = 0;
  });

  for (const seconds of ['2147483', '2147484', '9999999', '99999999999999999999999']) {
    for (const timeout of [undefined, 60_000]) {
      it(`timeout=${seconds} keeps the connection, agent timeout ${timeout}`, async () => {
        const site = await serve((_req, res) => {
          res.setHeader('keep-alive', `timeout=${seconds}`);
          res.end();
        });
        const agent = agentWith({ keepAlive: true, timeout });
        for (let i = 0; i < 5; i++) {
          await answer(get({ port: site.port, agent }));
          // Warnings come in a later tick.
          await new Promise(setImmediate);
        }
        assert.equal(site.requests, 5);
        assert.equal(site.connections, 1);
        assert.deepEqual(warnings, []);
      });
    }
  }
});
