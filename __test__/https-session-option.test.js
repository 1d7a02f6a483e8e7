'use strict';

// A session that the program keeps by itself and gives with a request.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const tls = require('node:tls');
const {
  answer,
  closed,
  differs,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  since,
} = require('./support/https-agent');
const { certificate, pki, selfSigned } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('HttpsAgent session option', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // No session of its own, so that what is resumed is what was given.
  const forgetful = (options) => httpsAgentWith({ maxCachedSessions: 0, ...options });

  // One request over a connection of its own; what it says of sessions.
  async function visit(site, options) {
    const req = getSecure({ port: site.port, agent: forgetful(), ...options });
    const events = [];
    req.once('socket', (socket) => socket.on('session', (session) => events.push(session)));
    const told = { events };
    req.once('response', ({ socket }) => {
      told.reused = socket.isSessionReused();
      told.authorized = socket.authorized;
    });
    const { socket } = await answer(req);
    await closed(socket);
    return told;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      const served = (options) => serveTls({ maxVersion: version, ...options });

      it("of a 'session' event is resumed", async () => {
        const site = await served();
        const first = await visit(site, { ca });
        assert.equal(first.reused, false);
        assert.ok(first.events.length > 0);
        for (const session of first.events) assert.ok(Buffer.isBuffer(session));
        const second = await visit(site, { ca, session: first.events.at(-1) });
        assert.equal(second.reused, true);
        assert.equal(second.authorized, true);
        assert.equal(site.resumed, 1);
      });

      it('of getSession() is resumed', async () => {
        const site = await served();
        const req = getSecure({ port: site.port, ca, agent: forgetful({ keepAlive: true }) });
        const { socket } = await answer(req);
        const session = socket.getSession();
        assert.ok(Buffer.isBuffer(session));
        const second = await visit(site, { ca, session });
        assert.equal(second.reused, true);
      });

      it('may be an option of the agent', async () => {
        const site = await served();
        const { events } = await visit(site, { ca });
        const agent = forgetful({ ca, session: events.at(-1) });
        assert.equal((await visit(site, { agent })).reused, true);
      });

      it("comes before the agent's own", async () => {
        const site = await served();
        const { events } = await visit(site, { ca });
        const agent = httpsAgentWith({ ca });
        await visit(site, { agent });
        const asked = [];
        const original = agent._getSession;
        agent._getSession = function _getSession(key) {
          asked.push(key);
          return original.call(this, key);
        };
        site.server.setTicketKeys(randomBytes(48));
        // Neither is good any more, and both requests are answered.
        assert.equal((await visit(site, { agent, session: events.at(-1) })).reused, false);
        assert.equal(asked.length, 1);
        assert.equal((await visit(site, { agent })).reused, true);
      });

      for (const [what, session] of [
        ['garbage', Buffer.from('this is no session')],
        ['an empty Buffer', Buffer.alloc(0)],
        ['undefined', undefined],
        ['null', null],
      ]) {
        since(22)(`that is ${what} is a full handshake`, async () => {
          const site = await served();
          const { reused } = await visit(site, { ca, session });
          assert.equal(reused, false);
          assert.equal(site.handshakes, 1);
        });
      }

      since(22)('of another servername is ignored', async () => {
        const { intermediate } = await pki();
        const both = await certificate({
          issuer: intermediate,
          names: ['localhost', 'other.example'],
        });
        const site = await served({ cert: both.chain, key: both.key });
        const { events } = await visit(site, { ca });
        const session = events.at(-1);
        const other = await visit(site, { ca, session, servername: 'other.example' });
        assert.equal(other.reused, false);
        assert.equal(other.authorized, true);
        assert.equal(site.resumed, 0);
        assert.equal((await visit(site, { ca, session })).reused, true);
      });

      since(22)('of another host without servername is ignored', async () => {
        const site = await served();
        const { events } = await visit(site, { ca, servername: '', host: '127.0.0.1' });
        const session = events.at(-1);
        const lookup = (_name, options, callback) =>
          options.all
            ? callback(null, [{ address: '127.0.0.1', family: 4 }])
            : callback(null, '127.0.0.1', 4);
        const other = await visit(site, { ca, session, host: 'localhost', lookup });
        assert.equal(other.reused, false);
        const same = await visit(site, { ca, session, servername: '', host: '127.0.0.1' });
        assert.equal(same.reused, true);
      });

      it('of an unauthorized connection does not authorize the next', async () => {
        const leaf = await selfSigned();
        const site = await served({ cert: leaf.pem, key: leaf.key });
        const first = await visit(site, { rejectUnauthorized: false });
        assert.equal(first.authorized, false);
        const session = first.events.at(-1);
        const error = await failure(getSecure({ port: site.port, session, agent: forgetful() }));
        assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
        assert.equal(site.requests, 1);
        const again = await visit(site, { rejectUnauthorized: false, session });
        assert.equal(again.authorized, false);
      });

      differs('it does not check the name of a session that it resumes')(
        'of a connection to the wrong host does not authorize the next',
        async () => {
          const { intermediate } = await pki();
          const wrong = await certificate({ issuer: intermediate, names: ['wrong.example'] });
          const site = await served({ cert: wrong.chain, key: wrong.key });
          const first = await visit(site, { ca, rejectUnauthorized: false });
          assert.equal(first.authorized, false);
          const session = first.events.at(-1);
          const error = await failure(
            getSecure({ port: site.port, ca, session, agent: forgetful() }),
          );
          assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
          assert.equal(site.requests, 1);
        },
      );

      it('of the agent does not pass from rejectUnauthorized false to true', async () => {
        const leaf = await selfSigned({ names: ['wrong.example'] });
        const site = await served({ cert: leaf.pem, key: leaf.key });
        const agent = httpsAgentWith();
        for (const reused of [false, true]) {
          const told = await visit(site, { agent, rejectUnauthorized: false });
          assert.equal(told.reused, reused);
          assert.equal(told.authorized, false);
        }
        for (const options of [
          {},
          { rejectUnauthorized: true },
          { rejectUnauthorized: undefined },
        ]) {
          const error = await failure(getSecure({ port: site.port, ...options, agent }));
          assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
        }
        assert.equal(site.requests, 2);
      });
    });
  }

  it('that is no session throws as tls.connect throws', async () => {
    const site = await serveTls();
    for (const session of [1, {}, true]) {
      let native = null;
      try {
        tls
          .connect({ port: site.port, host: '127.0.0.1', session })
          .on('error', () => {})
          .destroy();
      } catch (error) {
        native = error;
      }
      let ours = null;
      try {
        getSecure({ port: site.port, ca, session, agent: forgetful() }).on('error', () => {});
      } catch (error) {
        ours = error;
      }
      assert.equal(ours?.code, native?.code);
      assert.equal(ours?.message, native?.message);
    }
  });

  it('of an earlier Node, unwrapped, leaves the connection verified', async () => {
    const site = await serveTls();
    const leaf = await selfSigned();
    const unknown = await serveTls({ cert: leaf.pem, key: leaf.key });
    const raw = await new Promise((resolve, reject) => {
      const socket = tls.connect({
        port: unknown.port,
        host: '127.0.0.1',
        servername: 'localhost',
        rejectUnauthorized: false,
      });
      socket.on('error', reject);
      socket.once('session', (session) => {
        socket.destroy();
        resolve(session);
      });
    });
    // What Node 22 and later put in front names the server; without it nobody knows whose it is.
    const start = raw.indexOf('\0nodejs') === 0 ? raw.indexOf('localhost') + 'localhost'.length : 0;
    const bare = raw.subarray(start);
    for (const session of [raw, bare]) {
      const error = await failure(
        getSecure({ port: unknown.port, ca, session, agent: forgetful() }),
      );
      assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    }
    assert.equal(unknown.requests, 0);
    assert.equal((await visit(site, { ca, session: raw })).authorized, true);
  });
});
