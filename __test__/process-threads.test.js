'use strict';

// OXAGENT_IO_THREADS: how many I/O threads a process has; and how many threads look names up.

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

  // Only Linux tells, and only of our own agent.
  const isTold = process.platform === 'linux' && Agent !== http.Agent;

  async function report(name, threads, ...args) {
    const fixture = path.join(__dirname, 'fixtures', name);
    const env = { ...process.env, OXAGENT_IO_THREADS: threads };
    const { port } = server.address();
    const { stdout } = await run(process.execPath, [fixture, port, ...args], { env });
    return JSON.parse(stdout);
  }

  for (const [setting, expected] of [
    ['', 1],
    ['3', 3],
  ]) {
    it(`are ${expected} for OXAGENT_IO_THREADS='${setting}', and all requests are answered`, async () => {
      const { answered, threads } = await report('threads.js', setting);
      assert.equal(answered, 200);
      if (isTold) assert.equal(threads, expected);
    });
  }

  for (const setting of ['0', '65', '-1', '1.5', '0x2', 'many', ' ']) {
    it(`are none for OXAGENT_IO_THREADS='${setting}': loading says why`, async () => {
      const error = await report('load-error.js', setting);
      if (Agent === http.Agent) return;
      assert.equal(error.name, 'TypeError');
      assert.equal(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.equal(
        error.message,
        'The environment variable OXAGENT_IO_THREADS must be a whole number from 1 to 64. ' +
          `Received '${setting}'`,
      );
    });
  }

  it('look up equal names at once by one thread', async () => {
    const { answered, threads } = await report('lookup-threads.js', '', 'equal');
    assert.equal(answered, 216);
    if (isTold) assert.equal(threads, 1);
  });

  it('look up different names at once by four threads', async () => {
    const { answered, threads } = await report('lookup-threads.js', '', 'different');
    assert.equal(answered, 216);
    if (isTold) assert.ok(threads >= 1 && threads <= 4, `${threads} threads`);
  });
});
