'use strict';

// The byte counts of a TLS socket are those of the program's bytes: TLS's own are not among them.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('the byte counts of a TLS socket', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const serve = (listener) => serveTls({ maxVersion: version }, listener);

      // bytesRead and bytesWritten as they change in one upload and its answer.
      async function counted(site, agent, body) {
        const seen = [];
        const note = (socket) => seen.push([socket.bytesRead, socket.bytesWritten]);
        const req = requestSecure({
          port: site.port,
          method: 'POST',
          headers: { 'content-length': body.length },
          agent,
        });
        const [socket] = await once(req, 'socket');
        note(socket);
        socket.once('secureConnect', () => note(socket));
        req.end(body);
        const [res] = await once(req, 'response');
        res.resume();
        await once(res, 'end');
        note(socket);
        socket.destroy();
        await once(socket, 'close');
        note(socket);
        return seen;
      }

      for (const size of [0, 1, 5000, 300_000]) {
        it(`are Node's for ${size} bytes each way`, async () => {
          const site = await serve((req, res) => {
            req.resume().on('end', () => {
              res.sendDate = false;
              res.end(Buffer.alloc(size));
            });
          });
          const body = Buffer.alloc(size, 'x');
          const node = await counted(site, nodeAgentWith({ ca }), body);
          const ours = await counted(site, httpsAgentWith({ ca }), body);
          assert.deepEqual(ours, node);
          const [read, written] = node[2];
          assert.ok(read >= size && read < size + 300, `${read} bytes read`);
          assert.ok(written >= size && written < size + 300, `${written} bytes written`);
        });
      }

      it('add up over the requests of a kept connection', async () => {
        const site = await serve((_req, res) => {
          res.sendDate = false;
          res.end('the answer');
        });
        const counts = [];
        for (const agent of [
          nodeAgentWith({ ca, keepAlive: true }),
          httpsAgentWith({ ca, keepAlive: true }),
        ]) {
          for (let i = 0; i < 3; i++) {
            const { socket } = await answer(getSecure({ port: site.port, agent }));
            counts.push([socket.bytesRead, socket.bytesWritten]);
          }
        }
        assert.deepEqual(counts.slice(3), counts.slice(0, 3));
        assert.deepEqual(
          counts[2],
          counts[0].map((count) => 3 * count),
        );
        assert.equal(site.connections, 2);
      });

      it('count what waits for the handshake', async () => {
        const site = await serve((req, res) => req.resume().on('end', () => res.end()));
        const waiting = async (agent) => {
          const headers = { 'content-length': 5 };
          const req = requestSecure({ port: site.port, method: 'POST', headers, agent });
          const [socket] = await once(req, 'socket');
          req.write('ab');
          req.end('cde');
          await once(socket, 'connect');
          const { bytesWritten, secureConnecting } = socket;
          await answer(req);
          return { bytesWritten, secureConnecting, after: socket.bytesWritten };
        };
        const node = await waiting(nodeAgentWith({ ca }));
        assert.ok(node.bytesWritten > 5);
        assert.deepEqual(await waiting(httpsAgentWith({ ca })), node);
      });
    });
  }
});
