'use strict';

// A connection that can't be made lets the next request go, for ever: whatever the reason, each of
// many that wait behind one place is settled, none twice, and when the server is there the next is
// answered.

const assert = require('node:assert/strict');
const { agentWith, answer, differs, dispose, failure, get, total } = require('./support/agent');
const { SCHEMES } = require('./support/ending');
const { closeServers, refusedPort, serve, serveRaw } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const WAITING = 50;

const SERVE = {
  http: (where) => serve(undefined, where),
  https: (where) => serveTls({}, undefined, where),
};

const HOME = { address: '127.0.0.1', family: 4 };

function home(_name, { all }, callback) {
  if (all) callback(null, [HOME]);
  else callback(null, HOME.address, HOME.family);
}

const lookupFailed = () => Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });

// Where to ask, with which options, and the codes that requests fail with.
const REASONS = {
  'a port that refuses': async () => {
    const port = await refusedPort();
    return { port, codes: ['ECONNREFUSED'] };
  },
  'a name that is not found': async () => ({
    port: 80,
    options: { lookup: (_name, _options, callback) => setImmediate(callback, lookupFailed()) },
    codes: ['ENOTFOUND'],
  }),
  'a name that is not found at once': async () => ({
    port: 80,
    options: { lookup: (_name, _options, callback) => callback(lookupFailed()) },
    codes: ['ENOTFOUND'],
  }),
  'a server that closes at once': async () => {
    const site = await serveRaw((socket) => socket.destroy());
    return { port: site.port, codes: ['ECONNRESET', 'EPIPE'] };
  },
  'a server that resets at once': async () => {
    const site = await serveRaw((socket) => socket.resetAndDestroy());
    return { port: site.port, codes: ['ECONNRESET', 'EPIPE'] };
  },
};

const SECURE = {
  'a server that speaks no TLS': async () => {
    const site = await serveRaw((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    return { port: site.port, codes: ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'] };
  },
  'a certificate for another name': async () => {
    const site = await serveTls();
    return {
      port: site.port,
      options: { servername: 'other.example' },
      codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    };
  },
};

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`requests that wait behind a connection that can't be made (${name})`, function () {
    this.timeout(30_000);
    afterEach(dispose);
    afterEach(closeServers);

    const reasons = { ...REASONS, ...(name === 'https' && SECURE) };
    for (const [what, open] of Object.entries(reasons)) {
      for (const [limit, places] of [
        ['maxSockets', 1],
        ['maxTotalSockets', 1],
        ['maxSockets', 3],
      ]) {
        it(`${what}, ${limit} ${places}: all ${WAITING} fail, and later ones go on`, async () => {
          const { port, options, codes } = await open();
          const [, agent] = await scheme.agents({ [limit]: places });
          const ask = () =>
            scheme.get({ host: 'localhost', lookup: home, port, agent, ...options });
          const failed = Array.from({ length: WAITING }, () => failure(ask()));
          assert.equal(total(agent.sockets), places);
          assert.equal(total(agent.requests), WAITING - places);
          for (const { code } of await Promise.all(failed)) assert.ok(codes.includes(code), code);
          assertIdle(agent);
          const site = await SERVE[name]();
          const later = Array.from({ length: WAITING }, () =>
            answer(scheme.get({ port: site.port, agent })),
          );
          await Promise.all(later);
          assert.equal(site.requests, WAITING);
          assert.ok(site.connections <= places);
        });
      }
    }

    it('a server that comes up meanwhile answers those that are left', async () => {
      const port = await refusedPort();
      const [, agent] = await scheme.agents({ maxSockets: 1 });
      let failed = 0;
      let answered = 0;
      const asked = Array.from({ length: WAITING }, async () => {
        const req = scheme.get({ port, agent });
        try {
          await answer(req);
          answered++;
        } catch ({ code }) {
          assert.equal(code, 'ECONNREFUSED');
          if (++failed === 5) await SERVE[name]({ port, host: '127.0.0.1' });
        }
      });
      await Promise.all(asked);
      assert.equal(failed + answered, WAITING);
      assert.ok(failed >= 5);
      assert.ok(answered > 0);
      assert.equal(agent.totalSocketCount, 1);
    });
  });
}

describe('requests that wait behind connections of other origins', () => {
  afterEach(dispose);
  afterEach(closeServers);

  differs('it serves one origin until it has nothing left')(
    'all are settled, in the order in which they came, whoever fails',
    async () => {
      const dead = await refusedPort();
      const order = [];
      const site = await serve((req, res) => {
        order.push(req.url);
        res.setHeader('connection', 'close').end();
      });
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      const asked = Array.from({ length: WAITING }, async (_, i) => {
        if (i % 2 === 0) return answer(get({ port: site.port, path: `/${i}`, agent }));
        const { code } = await failure(get({ port: dead, agent }));
        assert.equal(code, 'ECONNREFUSED');
        order.push(`/${i}`);
      });
      await Promise.all(asked);
      assert.equal(order.length, WAITING);
      // Of those that were answered; when a failure is heard of is another matter.
      const answered = order.filter((path) => Number(path.slice(1)) % 2 === 0);
      assert.deepEqual(
        answered,
        Array.from({ length: WAITING / 2 }, (_, i) => `/${2 * i}`),
      );
      assert.equal(agent.totalSocketCount, 0);
    },
  );

  differs('a parked connection of another origin holds the place for ever')(
    'a parked connection closes for each that waits, for many rounds',
    async () => {
      const sites = [await serve(), await serve(), await serve()];
      const dead = await refusedPort();
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 2 });
      for (let round = 0; round < 20; round++) {
        const asked = sites.map(({ port }) => answer(get({ port, agent })));
        const failed = failure(get({ port: dead, agent }));
        assert.ok(agent.totalSocketCount <= 2);
        await Promise.all(asked);
        assert.equal((await failed).code, 'ECONNREFUSED');
        assert.ok(agent.totalSocketCount <= 2);
        assert.deepEqual(Object.keys(agent.requests), []);
      }
      for (const site of sites) assert.equal(site.requests, 20);
    },
  );
});
