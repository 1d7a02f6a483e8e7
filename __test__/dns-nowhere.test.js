'use strict';

// Names with addresses that lead nowhere, beside one that works and alone: with autoSelectFamily
// the one that works is found, without it the first decides, and each request ends.

const assert = require('node:assert/strict');
const { answer, differs, dispose } = require('./support/agent');
const { SCHEMES, ending } = require('./support/ending');
const { closeServers, serve } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const HOST = 'a.example';
const HOME = { address: '127.0.0.1', family: 4 };

// Nobody listens at the port on `::1`; `100::1` is an address that routers discard (RFC 6666), if
// the machine has a route to it at all.
const NOWHERE = {
  'a closed port of IPv6': [{ address: '::1', family: 6 }],
  'an IPv6 address that leads nowhere': [{ address: '100::1', family: 6 }],
  'several of them': [
    { address: '100::1', family: 6 },
    { address: '::1', family: 6 },
    { address: '100::2', family: 6 },
  ],
  'a closed port of IPv4': [{ address: '127.0.0.9', family: 4 }],
};

// For a machine on which packets to nowhere vanish, or on which it takes long to know.
const PATIENCE_MS = 300;

const UNREACHABLE = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ABORT_ERR'];

const lookupOf =
  (addresses) =>
  (_name, { all }, callback) =>
    setImmediate(() => {
      if (all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`addresses that lead nowhere (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    for (const [what, addresses] of Object.entries(NOWHERE)) {
      for (const order of ['before', 'behind']) {
        it(`${what}, ${order} one that works: it is found`, async () => {
          const site = await SERVE[name]();
          const [, agent] = await scheme.agents({ autoSelectFamily: true, maxSockets: 1 });
          const all = order === 'before' ? [...addresses, HOME] : [HOME, ...addresses];
          const options = { host: HOST, port: site.port, agent, lookup: lookupOf(all) };
          const first = answer(scheme.get(options));
          const second = answer(scheme.get(options));
          assert.equal((await first).body, '1');
          assert.equal((await second).body, '1');
          assert.equal((await first).socket.remoteAddress, HOME.address);
          assert.equal(site.connections, 1);
        });
      }

      for (const autoSelectFamily of [true, false]) {
        const how = autoSelectFamily
          ? 'and nothing else'
          : 'before one that works, which is not asked';
        const refused = what.startsWith('a closed port');
        const must = refused
          ? it
          : differs('a request that is given up in the queue is connected all the same');
        must(`${what}, ${how}: each request fails, the next goes on`, async () => {
          const site = await SERVE[name]();
          const [node, agent] = await scheme.agents({ autoSelectFamily, maxSockets: 1 });
          const lookup = lookupOf(autoSelectFamily ? addresses : [...addresses, HOME]);
          const asked = (by) => {
            const req = scheme.get({
              host: HOST,
              port: site.port,
              agent: by,
              lookup,
              // A closed port says so by itself.
              signal: refused ? undefined : AbortSignal.timeout(PATIENCE_MS),
            });
            return ending(req);
          };
          const [expected, first, second] = await Promise.all([
            asked(node),
            asked(agent),
            asked(agent),
          ]);
          if (refused) {
            assert.deepEqual(first.error, expected.error);
            assert.equal(first.error.code, 'ECONNREFUSED');
          }
          for (const { error } of [first, second]) {
            assert.ok(UNREACHABLE.includes(error.code), error.code);
          }
          assertIdle(agent);
          assert.equal(site.connections, 0);
          const home = { host: HOST, port: site.port, agent, lookup: lookupOf([HOME]) };
          assert.equal((await answer(scheme.get(home))).body, '1');
        });
      }
    }
  });
}
