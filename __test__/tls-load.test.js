'use strict';

// Many TLS connections at once, and one after the other.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const { result, run, startServer } = require('./support/child');
const {
  answer,
  closed,
  dispose,
  getSecure,
  httpsAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { cleanUp, later } = require('./support/peer');
const { assertIdle } = require('./support/tls-failure');

describe('HttpsAgent under load', function () {
  this.timeout(120_000);
  afterEach(dispose);
  afterEach(cleanUp);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  async function serve(options) {
    const { server } = await pki();
    const all = { key: server.key, cert: server.chain, ...options };
    const site = await startServer('tls-counting-server.js', [JSON.stringify(all)]);
    later(() => site.stop());
    site.counts = async () => {
      site.child.send('counts');
      return (await once(site.child, 'message'))[0].counts;
    };
    // The server hears of the last end a little later than the client.
    site.idle = async () => {
      let counts = await site.counts();
      while (counts.open > 0) counts = await site.counts();
      return counts;
    };
    return site;
  }

  // One exchange over a connection of its own.
  async function exchanged(site, agent, path) {
    const { socket, body } = await answer(getSecure({ port: site.port, path, agent }));
    assert.equal(body, path);
    await closed(socket);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`answers 2,000 handshakes at once, without resumption (${version})`, async () => {
      const site = await serve({ maxVersion: version });
      const agent = httpsAgentWith({ ca, maxCachedSessions: 0 });
      await Promise.all(Array.from({ length: 2000 }, (_, i) => exchanged(site, agent, `/${i}`)));
      assertIdle(agent);
      const counts = await site.idle();
      assert.deepEqual(counts, {
        connections: 2000,
        handshakes: 2000,
        resumed: 0,
        requests: 2000,
        open: 0,
      });
    });

    it(`answers 2,000 handshakes at once, with resumption (${version})`, async () => {
      const site = await serve({ maxVersion: version });
      const agent = httpsAgentWith({ ca });
      await exchanged(site, agent, '/first');
      await Promise.all(Array.from({ length: 1999 }, (_, i) => exchanged(site, agent, `/${i}`)));
      assertIdle(agent);
      const counts = await site.idle();
      assert.equal(counts.requests, 2000);
      assert.equal(counts.handshakes, 2000);
      // A ticket of TLS 1.3 may be good for one connection.
      assert.ok(counts.resumed >= (version === 'TLSv1.2' ? 1999 : 1), `${counts.resumed} resumed`);
    });
  }

  it('answers 2,000 requests behind 50 connections, bodies and all', async () => {
    const site = await serve();
    const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 50 });
    await Promise.all(
      Array.from({ length: 2000 }, async (_, i) => {
        const req = requestSecure({ port: site.port, method: 'POST', path: `/${i}`, agent });
        req.end('x'.repeat((i * 37) % 5000));
        assert.equal((await answer(req)).body, `/${i}`);
      }),
    );
    const { requests, connections } = await site.counts();
    assert.deepEqual({ requests, connections }, { requests: 2000, connections: 50 });
    assert.equal(agent.totalSocketCount, 50);
  });

  it('gives up 500 of 1,000 handshakes, and answers the others', async () => {
    const site = await serve();
    const agent = httpsAgentWith({ ca, maxCachedSessions: 0 });
    let givenUp = 0;
    await Promise.all(
      Array.from({ length: 1000 }, async (_, i) => {
        if (i % 2 === 0) return exchanged(site, agent, `/${i}`);
        const req = getSecure({ port: site.port, path: `/${i}`, agent });
        req.on('error', () => givenUp++);
        req.on('socket', (socket) => socket.once('connect', () => req.destroy()));
        await new Promise((resolve) => req.on('close', resolve));
      }),
    );
    assert.equal(givenUp, 500);
    assertIdle(agent);
    assert.equal((await site.idle()).requests, 500);
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`leaves nothing of 1,000 connections in memory (${version})`, async () => {
      const site = await serve({ maxVersion: version });
      const ended = await run('tls-memory.js', [site.port, ca, 1000], {
        execArgv: ['--expose-gc'],
        limit: 100_000,
      });
      const { grown, left } = result(ended);
      assert.equal(left, 0);
      // A connection that stayed would take 10 kB and more.
      assert.ok(grown.rss < 40, `${grown.rss.toFixed(1)} MiB more`);
      assert.ok(grown.external < 4, `${grown.external.toFixed(1)} MiB of buffers more`);
    });
  }
});
