'use strict';

// OXAGENT_IO_THREADS: how many I/O threads a process has.

const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const http = require('node:http');
const path = require('node:path');
const { promisify } = require('node:util');
const { Agent } = require('./support/agent');

const run = promisify(execFile);

describe('the I/O threads of a process', () => {
  const server = http.createServer((req, res) => res.end(req.url));

  before((done) => server.listen(0, '127.0.0.1', done));
  after((done) => server.close(done));

  async function report(threads) {
    const fixture = path.join(__dirname, 'fixtures', 'threads.js');
    const env = { ...process.env, OXAGENT_IO_THREADS: threads };
    const { stdout } = await run(process.execPath, [fixture, server.address().port], { env });
    return JSON.parse(stdout);
  }

  for (const [setting, expected] of [
    ['', 1],
    ['3', 3],
    ['0', 1],
    ['many', 1],
  ]) {
    it(`are ${expected} for OXAGENT_IO_THREADS='${setting}', and all requests are answered`, async () => {
      const { answered, threads } = await report(setting);
      assert.equal(answered, 200);
      // Only Linux tells, and only of our own agent.
      const told = process.platform === 'linux' && Agent !== http.Agent;
      if (told) assert.equal(threads, expected);
    });
  }
});
