'use strict';

// The order of what a TLS connection says, and of what its request says meanwhile.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { watch } = require('./fixtures/tls-watch');
const { pki } = require('./support/certificates');
const {
  answer,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('the events of a TLS connection', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // When the server's end arrives, after the response, is not the client's to say; nor is when a
  // body is written that fills the kernel's buffers.
  const LATE = ['socket end'];
  const WRITTEN = 'request finish';

  async function order(site, agent, { body, ...options } = {}) {
    const req = requestSecure({ port: site.port, agent, ...options });
    const { events, over } = watch(req);
    req.on('response', (res) => res.resume());
    req.end(body);
    await over;
    assert.ok(events.indexOf(WRITTEN) < events.indexOf('request response'));
    const late = body?.length > 100_000 ? [...LATE, WRITTEN] : LATE;
    return events.filter((name) => !late.includes(name));
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      for (const [what, options] of [
        ['a name', { host: 'localhost' }],
        ['an address', { host: '127.0.0.1' }],
        ['a body', { host: '127.0.0.1', method: 'POST', body: 'the body' }],
        ['a large body', { host: '127.0.0.1', method: 'POST', body: Buffer.alloc(200_000) }],
      ]) {
        it(`come in Node's order, with ${what}`, async () => {
          const site = await serveTls({ maxVersion: version }, (req, res) => {
            req.resume().on('end', () => res.end('ok'));
          });
          const node = await order(site, nodeAgentWith({ ca }), options);
          const ours = await order(site, httpsAgentWith({ ca }), options);
          assert.deepEqual(ours, node);
          const sockets = node
            .filter((name) => name.startsWith('socket '))
            .map((name) => name.slice('socket '.length))
            .filter((name, i, all) => name !== all[i - 1]);
          const first = ['connect', 'ready', 'keylog', 'secureConnect'];
          if (options.host === 'localhost') first.unshift('lookup');
          const then = version === 'TLSv1.2' ? ['session', 'secure'] : ['secure', 'session'];
          assert.deepEqual(sockets, [...first, ...then, 'close']);
        });
      }

      it("come in Node's order over a resumed session", async () => {
        const site = await serveTls({ maxVersion: version });
        const seen = [];
        for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
          await order(site, agent);
          seen.push(await order(site, agent));
        }
        assert.equal(site.resumed, 2);
        assert.deepEqual(seen[1], seen[0]);
        assert.ok(!seen[1].includes('socket session'));
      });

      it('come once for a connection, whatever the number of its requests', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const names = ['connect', 'ready', 'secureConnect', 'secure'];
        const seen = [];
        for (let i = 0; i < 4; i++) {
          const req = getSecure({ port: site.port, agent });
          if (i === 0) {
            req.once('socket', (socket) => {
              for (const name of names) socket.on(name, () => seen.push(name));
            });
          }
          await answer(req);
        }
        assert.deepEqual(seen, names);
        assert.equal(site.connections, 1);
      });

      it('keep the request back until secureConnect has been heard', async () => {
        let arrived = 0;
        const site = await serveTls({ maxVersion: version }, (_req, res) => {
          arrived++;
          res.end();
        });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        let heard;
        req.once('socket', (socket) => {
          socket.once('secureConnect', () => {
            heard = { arrived, finished: req.writableFinished, bytesRead: socket.bytesRead };
          });
        });
        await answer(req);
        assert.deepEqual(heard, { arrived: 0, finished: false, bytesRead: 0 });
      });

      it('secure comes with the handshake done', async () => {
        const site = await serveTls({ maxVersion: version });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        const [socket] = await once(req, 'socket');
        const told = new Promise((resolve) => {
          socket.once('secure', () => resolve([socket.secureConnecting, socket.authorized]));
        });
        await answer(req);
        assert.deepEqual(await told, [false, true]);
      });
    });
  }

  it("come in Node's order where Node's TLS has to take over", async () => {
    const site = await serveTls({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' });
    const node = await order(site, nodeAgentWith({ ca }));
    const ours = await order(site, httpsAgentWith({ ca }));
    assert.deepEqual(ours, node);
    assert.equal(site.connections, stock ? 2 : 3);
  });
});
