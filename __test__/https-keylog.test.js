'use strict';

// The lines that make a recording of the connection readable.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const {
  answer,
  closed,
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const LINE = /^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+\n$/;

const labels = (lines) => lines.map((line) => String(line).split(' ')[0]).sort();

describe('HttpsAgent keylog', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // What the server logs of its own end must be what the client logs of the other.
  async function logged(site) {
    const lines = [];
    site.server.on('keylog', (line) => lines.push(String(line)));
    return lines;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      it("goes to the agent's listeners, with the socket, as in Node", async () => {
        const site = await serveTls({ maxVersion: version });
        const seen = [];
        for (const agent of [httpsAgentWith({ ca }), nodeAgentWith({ ca })]) {
          const events = [];
          agent.on('keylog', (...args) => events.push(args));
          const { socket } = await answer(getSecure({ port: site.port, agent }));
          for (const [line, by, ...more] of events) {
            assert.ok(Buffer.isBuffer(line));
            assert.match(String(line), LINE);
            assert.equal(by, socket);
            assert.equal(more.length, 0);
          }
          seen.push(labels(events.map(([line]) => line)));
        }
        assert.deepEqual(seen[0], seen[1]);
        assert.equal(seen[0].length, version === 'TLSv1.2' ? 1 : 5);
      });

      it("goes to the socket's listeners", async () => {
        const site = await serveTls({ maxVersion: version });
        const servers = await logged(site);
        const lines = [];
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        req.once('socket', (socket) => socket.on('keylog', (line) => lines.push(String(line))));
        await answer(req);
        assert.ok(lines.length > 0);
        assert.deepEqual([...lines].sort(), [...servers].sort());
      });

      it('has the secrets that the server has, also of a resumed session', async () => {
        const site = await serveTls({ maxVersion: version });
        const servers = await logged(site);
        const lines = [];
        const agent = httpsAgentWith({ ca });
        agent.on('keylog', (line) => lines.push(String(line)));
        for (let i = 0; i < 2; i++) {
          await closed((await answer(getSecure({ port: site.port, agent }))).socket);
        }
        assert.equal(site.resumed, 1);
        assert.ok(lines.length > 0);
        // A server of TLS 1.2 says it of a resumed session too.
        for (const line of lines) assert.ok(servers.includes(line), line);
        assert.deepEqual(new Set(lines), new Set(servers));
      });

      it('comes once a connection, to those who listen when it is made', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        await answer(getSecure({ port: site.port, agent }));
        let count = 0;
        const onKeylog = () => {
          count++;
        };
        agent.on('keylog', onKeylog);
        await answer(getSecure({ port: site.port, agent }));
        assert.equal(site.connections, 1);
        assert.equal(count, 0);
        agent.destroy();
        await answer(getSecure({ port: site.port, agent }));
        const once = count;
        assert.ok(once > 0);
        await answer(getSecure({ port: site.port, agent }));
        assert.equal(count, once);
        assert.equal(site.connections, 2);
      });
    });

    it(`--tls-keylog appends them to a file, with a warning (${version})`, async () => {
      const site = await serveTls({ maxVersion: version });
      const servers = await logged(site);
      const directory = fs.mkdtempSync(path.join(tmpdir(), 'keylog-'));
      try {
        const file = path.join(directory, 'keys');
        const steps = [{ request: { port: site.port, ca } }];
        const ended = await run('https-steps.js', [JSON.stringify(steps)], {
          execArgv: [`--tls-keylog=${file}`],
        });
        const { outcomes } = result(ended);
        assert.deepEqual(outcomes, ['answered true']);
        assert.match(ended.stderr, /Using --tls-keylog makes TLS connections insecure/);
        const lines = fs.readFileSync(file, 'latin1').match(/[^\n]*\n/g);
        assert.deepEqual(lines.sort(), servers.sort());
      } finally {
        fs.rmSync(directory, { recursive: true });
      }
    });
  }
});
