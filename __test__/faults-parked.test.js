'use strict';

// A parked connection that is no good, of which JavaScript, which is busy, has heard nothing yet:
// it is not handed out. The I/O thread may know of its end, or the kernel alone.

const assert = require('node:assert/strict');
const { answer, closed, differs, dispose } = require('./support/agent');
const { SCHEMES } = require('./support/ending');
const { carrierOf, untilCarried } = require('./support/carriers');
const { hasNews, inodeOf, isHeld } = require('./support/kernel');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({ noDelay: true }, listener) };

// Longer than the I/O thread takes on the busiest machine.
const PATIENCE_MS = 20_000;

const ENDS = {
  'was closed': (far) => far.destroy(),
  'was reset': (far) => far.resetAndDestroy(),
  // Over TLS it is no record at all.
  'has spoken': (far) => far.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON'),
};

// Stands still until the connection's carrier could know.
function untilKnown(socket, inode) {
  const isKnown =
    carrierOf(socket) === 'loop' ? () => hasNews(socket.localPort) : () => !isHeld(inode);
  const patience = performance.now() + PATIENCE_MS;
  while (!isKnown()) assert.ok(performance.now() < patience, 'it is still as before');
}

const dead = differs('it is handed out, and the request fails');

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`a parked connection that is dead (${name})`, function () {
    this.timeout(PATIENCE_MS * 2);
    afterEach(dispose);
    afterEach(closeServers);

    const open = (options) => scheme.agents(options).then(([, agent]) => agent);

    for (const [how, end] of Object.entries(ENDS)) {
      for (const method of ['GET', 'POST']) {
        dead(`as it ${how}: the next request, a ${method}, has another`, async function () {
          const site = await SERVE[name]();
          const agent = await open();
          const { socket } = await answer(scheme.get({ port: site.port, agent }));
          const inode = inodeOf(socket.localPort);
          // Only Linux tells when the I/O thread has closed a connection.
          if (inode === null) this.skip();
          await untilCarried(socket);
          const [far] = site.sockets;
          end(far);
          untilKnown(socket, inode);
          // As far as JavaScript knows, it is as good as before.
          assert.equal(socket.destroyed, false);
          const req = scheme.get({ port: site.port, method, agent });
          assert.equal(req.reusedSocket, false);
          const { body, socket: other } = await answer(req);
          assert.equal(body, '2');
          assert.notEqual(other, socket);
          assert.equal(other.replays, 0);
          await closed(socket);
          assert.equal(agent.totalSocketCount, 1);
          assert.equal(site.connections, 2);
        });
      }
    }

    dead('as its time is over: the next request has another', async () => {
      const site = await SERVE[name]((req, res) => {
        res.setHeader('keep-alive', 'timeout=1').end(String(req.socket.number));
      });
      // It may rest for 50 ms.
      const agent = await open({ agentKeepAliveTimeoutBuffer: 950 });
      const { socket } = await answer(scheme.get({ port: site.port, agent }));
      assert.equal(agent.totalSocketCount, 1);
      // No timer fires meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      assert.equal(socket.destroyed, false);
      const req = scheme.get({ port: site.port, agent });
      assert.equal(req.reusedSocket, false);
      assert.equal((await answer(req)).body, '2');
      await closed(socket);
    });
  });
}
