'use strict';

// A process lives as long as a request, a connect or an unflushed write needs it, and no longer.

const assert = require('node:assert/strict');
const { run } = require('./support/child');
const { cleanUp, httpServer, stuckServer } = require('./support/peer');

// Late enough that a process which nothing keeps alive would have ended.
const LATE = 150;

function lateServer() {
  return httpServer((req, res) => {
    const end = () => res.end('late');
    if (req.url === '/never') return;
    if (req.url === '/now') return end();
    if (req.url === '/body') res.write('early');
    if (req.url === '/upload') {
      return setTimeout(() => req.resume().on('end', end), LATE);
    }
    setTimeout(end, LATE);
  });
}

async function endsByItself(what, server, times = 1) {
  const { code, signal, stdout, stderr } = await run('alive.js', [what, server.port]);
  assert.equal(stderr, '');
  assert.equal(signal, null, 'it had to be killed');
  assert.equal(code, 0);
  assert.equal(stdout, 'done\n'.repeat(times));
}

describe('a process', function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  it('ends by itself when all its sockets are parked', async () => {
    await endsByItself('parked', await lateServer(), 5);
  });

  for (const [what, title] of [
    ['active', 'lives while a request waits for its response'],
    ['body', 'lives while a response waits for its end'],
    ['again', 'lives for a request that uses a parked socket again'],
    ['queued', 'lives for a request that is queued'],
    ['unflushed', 'lives until the server has taken what was written'],
    ['unref', "does not live for a socket that was unref'd"],
    ['destroyed', 'does not live for an agent that was destroyed'],
    ['unused', 'does not live for an agent that nobody used'],
  ]) {
    it(title, async () => {
      await endsByItself(what, await lateServer());
    });
  }

  it('lives while a connect is pending', async () => {
    await endsByItself('connecting', await stuckServer());
  });
});
