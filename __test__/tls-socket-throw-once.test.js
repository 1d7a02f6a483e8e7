'use strict';

// An exception in the handshake is the program's to catch, and costs nobody else an event: the
// request goes on, unless it was the server's identity that could not be checked.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { differs } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { between, flipped } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };
const APPLICATION_DATA = 23;

const SERVERS = [
  ['over TLS 1.2', { maxVersion: 'TLSv1.2' }, 1],
  ['over TLS 1.3', { minVersion: 'TLSv1.3' }, 2],
  ['over the other transport', CBC, 1],
];

describe('an exception in a TLS handshake', function () {
  this.timeout(90_000);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  async function outcomeOf(options, where, more = {}) {
    const site = await serveTls(options, (_req, res) => res.end('answered'));
    const args = [site.port, ca, where, JSON.stringify(more)];
    const seen = result(await run('tls-throwing-once.js', args));
    return { ...seen, requests: site.requests };
  }

  for (const [title, options, sessions] of SERVERS) {
    for (const where of ['keylog', 'secureConnect', 'session', 'secure']) {
      it(`in '${where}' leaves the request its answer, ${title}`, async () => {
        const { caught, outcome } = await outcomeOf(options, where, { keepAlive: true });
        assert.deepEqual(caught, [`thrown in ${where}`]);
        assert.equal(outcome, 'answered');
      });

      if (where === 'keylog' || where === 'secure') continue;
      differs('it takes the end of the connection for one within the handshake')(
        `in '${where}' leaves the last request its answer, ${title}`,
        async () => {
          const { outcome } = await outcomeOf(options, where);
          assert.equal(outcome, 'answered');
        },
      );
    }

    it(`in the first 'keylog' leaves the others, ${title}`, async () => {
      const quiet = await outcomeOf(options, 'nothing');
      const { events } = await outcomeOf(options, 'keylog');
      const lines = (list) => list.filter((name) => name === 'keylog').length;
      assert.equal(lines(events), lines(quiet.events));
      assert.ok(lines(events) > 0);
    });

    it(`in the first 'session' leaves the second, ${title}`, async () => {
      const { events } = await outcomeOf(options, 'session');
      assert.equal(events.filter((name) => name === 'session').length, sessions);
    });

    differs('it sends the request all the same')(
      `in checkServerIdentity keeps the request from the server, ${title}`,
      async () => {
        for (const more of [{}, { rejectUnauthorized: false }]) {
          const { caught, events, outcome, requests } = await outcomeOf(options, 'check', more);
          assert.deepEqual(caught, ['thrown in check']);
          assert.equal(outcome, 'thrown in check');
          assert.equal(requests, 0);
          assert.ok(!events.includes('secureConnect'));
        }
      },
    );
  }

  for (const [title, options] of SERVERS) {
    differs('it leaves out the events that would follow')(
      `in 'secureConnect' leaves the later events, ${title}`,
      async () => {
        const more = { keepAlive: true };
        const { events } = await outcomeOf(options, 'secureConnect', more);
        const quiet = await outcomeOf(options, 'nothing', more);
        assert.deepEqual(events, quiet.events);
        assert.ok(events.includes('session') && events.includes('secure'));
      },
    );
  }

  differs('it leaves the connection open')(
    "in 'error' after the handshake gives up the connection",
    async () => {
      const site = await serveTls({ maxVersion: 'TLSv1.2' }, (_req, res) => res.end('answered'));
      let spoilt = false;
      const middle = await between(site.port, {
        fromServer(record) {
          if (spoilt || record.type !== APPLICATION_DATA) return undefined;
          spoilt = true;
          return flipped(record);
        },
      });
      const args = [middle.port, ca];
      const seen = result(await run('tls-throwing-error.js', args));
      assert.equal(seen.caught.length, 1);
      assert.match(seen.caught[0], /^thrown at ERR_/);
      assert.equal(seen.status, 200);
    },
  );
});
