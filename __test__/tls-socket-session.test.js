'use strict';

// The session of a socket: what getSession() gives, what it is good for, and what rustls keeps to
// itself.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { UNEXPOSED } = require('./fixtures/tls-facts');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  differs,
  dispose,
  getSecure,
  httpsAgentWith,
  stock,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe("a TLS socket's session", () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      // One exchange over a connection of its own; what the socket said when it was answered.
      async function exchanged(site, agent, options) {
        const sessions = [];
        const req = getSecure({ port: site.port, agent, ...options });
        req.once('socket', (socket) => {
          socket.on('session', (session) => sessions.push(session));
        });
        const [res] = await once(req, 'response');
        const { socket } = res;
        const said = {
          session: socket.getSession(),
          reused: socket.isSessionReused(),
          sessions,
          socket,
        };
        const gone = once(socket, 'close');
        res.resume();
        socket.destroy();
        await gone;
        return said;
      }

      const without = () => httpsAgentWith({ ca, maxCachedSessions: 0 });

      it('is a Buffer, the one of the last event', async () => {
        const site = await serveTls({ maxVersion: version });
        const { session, sessions, reused } = await exchanged(site, without());
        assert.ok(Buffer.isBuffer(session));
        assert.equal(sessions.length, version === 'TLSv1.2' ? 1 : 2);
        assert.ok(sessions.every(Buffer.isBuffer));
        assert.equal(reused, false);
      });

      it('given as an option is resumed', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = without();
        const first = await exchanged(site, agent);
        const { reused } = await exchanged(site, agent, { session: first.sessions.at(-1) });
        assert.equal(reused, true);
        assert.equal(site.resumed, 1);
      });

      it('from getSession() is resumed too', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = without();
        const first = await exchanged(site, agent);
        assert.equal((await exchanged(site, agent, { session: first.session })).reused, true);
      });

      it('survives a copy and a way through text', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = without();
        const { session } = await exchanged(site, agent);
        const copy = Buffer.from(session.toString('base64'), 'base64');
        assert.equal((await exchanged(site, agent, { session: copy })).reused, true);
      });

      it('makes no event where it is resumed', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = without();
        const { session } = await exchanged(site, agent);
        const second = await exchanged(site, agent, { session });
        assert.equal(second.reused, true);
        // A server of OpenSSL sends one more ticket of TLS 1.3, if at all.
        assert.ok(second.sessions.length <= (version === 'TLSv1.2' ? 0 : 1));
        assert.ok(Buffer.isBuffer(second.session));
      });

      it('is gone with the socket', async () => {
        const site = await serveTls({ maxVersion: version });
        const { socket } = await exchanged(site, without());
        assert.equal(socket.getSession(), null);
        assert.equal(socket.isSessionReused(), null);
      });

      it('is not there before the handshake', async () => {
        const site = await serveTls({ maxVersion: version });
        const req = getSecure({ port: site.port, agent: without() });
        const [socket] = await once(req, 'socket');
        assert.equal(socket.getSession(), undefined);
        assert.equal(socket.isSessionReused(), false);
        await answer(req);
      });

      it('set on a socket that has begun changes nothing that works', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = without();
        const { session } = await exchanged(site, agent);
        const req = getSecure({ port: site.port, agent });
        const [socket] = await once(req, 'socket');
        socket.setSession(session);
        await closed((await answer(req)).socket);
        assert.equal(site.requests, 2);
      });

      differs('OpenSSL tells')('says nothing of what rustls keeps to itself', async () => {
        const site = await serveTls({ maxVersion: version });
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        const [res] = await once(req, 'response');
        const told = Object.fromEntries(UNEXPOSED.map((name) => [name, res.socket[name]()]));
        assert.deepEqual(told, {
          getTLSTicket: undefined,
          getFinished: undefined,
          getPeerFinished: undefined,
          getSharedSigalgs: [],
        });
        res.resume();
      });

      it("tells the ticket and the Finished messages over Node's transport", async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, ...(!stock && { transport: 'node' }) });
        const req = getSecure({ port: site.port, agent });
        const [res] = await once(req, 'response');
        assert.ok(Buffer.isBuffer(res.socket.getFinished()));
        assert.ok(Buffer.isBuffer(res.socket.getPeerFinished()));
        assert.ok(Array.isArray(res.socket.getSharedSigalgs()));
        res.resume();
      });
    });
  }
});
