'use strict';

// What is read for who does not read: no more than Node's agent reads, of one download and of all,
// and nobody else is kept waiting by it.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { getDefaultHighWaterMark } = require('node:stream');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { HttpsAgent } = require('./support/https-agent');
const { agentOf, cleanUp, httpServer, later, request } = require('./support/peer');
const { serveTls } = require('./support/tls-server');

const DOWNLOADS = 80;
const LARGE = Buffer.alloc(2 << 20, 'x');
const SMALL = Buffer.alloc(20_000, 'x');

// What an environment may read ahead for those who have read and then stop, all together.
const ALLOWANCE = 4 << 20;

// What a stream holds when it has got a chunk and wants no more.
const STREAM_BYTES = getDefaultHighWaterMark(false) + (64 << 10);

// MiB by which processes that do the same differ.
const NOISE = 8;

function answer(req, res) {
  const content = req.url === '/large' ? LARGE : SMALL;
  res.writeHead(200, { 'content-length': content.length });
  res.end(content);
}

const SERVERS = { http: () => httpServer(answer), https: () => serveTls({}, answer) };

describe('downloads that nobody reads', function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  for (const scheme of ['http', 'https']) {
    describe(scheme, () => {
      async function measured(before) {
        const server = await SERVERS[scheme]();
        const { root } = await pki();
        const seen = {};
        for (const whose of ['node', 'oxagent']) {
          const args = [whose, scheme, server.port, root.pem, DOWNLOADS, before];
          seen[whose] = result(await run('paused.js', args, { execArgv: ['--expose-gc'] }));
        }
        return seen;
      }

      it("take no more memory than with Node's agent, begun and never read", async () => {
        const { node, oxagent } = await measured(0);
        const seen = JSON.stringify({ node, oxagent });
        assert.ok(oxagent.grown <= node.grown * 1.1 + NOISE, seen);
        assert.ok(oxagent.waiting > 0, seen);
      });

      it("take no more memory than with Node's agent, paused at the first byte", async () => {
        const { node, oxagent } = await measured(1);
        const seen = JSON.stringify({ node, oxagent });
        assert.ok(oxagent.grown <= node.grown * 1.1 + NOISE, seen);
      });

      it('hold little more where they are paused when they flow', async () => {
        const { node, oxagent } = await measured(LARGE.length / 2);
        const seen = JSON.stringify({ node, oxagent });
        // A response and its socket hold no more of it by themselves. Node may have less.
        const most = Math.max(node.waiting, 2 * STREAM_BYTES);
        assert.ok(oxagent.waiting <= most + ALLOWANCE / DOWNLOADS, seen);
      });

      it('keep nobody else waiting, and come whole when they are read', async () => {
        const server = await SERVERS[scheme]();
        const { root } = await pki();
        const agent =
          scheme === 'http' ? agentOf({ keepAlive: true }) : new HttpsAgent({ ca: root.pem });
        if (scheme === 'https') later(() => agent.destroy());
        const begin = async () => {
          const options = { path: '/large', protocol: agent.protocol, servername: 'localhost' };
          const [res] = await once(request(server, agent, options).end(), 'response');
          return res;
        };
        const rest = async (res) => {
          let length = 0;
          for await (const chunk of res) length += chunk.length;
          return length;
        };
        const flow = async () => {
          const res = await begin();
          let read = 0;
          await new Promise((done) => {
            res.on('data', (chunk) => {
              read += chunk.length;
              if (read < LARGE.length / 4) return;
              res.pause();
              done();
            });
          });
          return { res, read };
        };
        // As many as use up what may be read ahead, and more.
        const paused = await Promise.all(Array.from({ length: 24 }, flow));
        assert.equal(await rest(await begin()), LARGE.length);
        for (const { res, read } of paused) {
          res.removeAllListeners('data');
          assert.equal(read + (await rest(res)), LARGE.length);
        }
      });
    });
  }
});
