'use strict';

// What HttpsAgent owes to a program on every runtime, said without asking the runtime's own TLS:
// whom it serves, whom it refuses, and that nothing reaches a server that was refused.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { digest, pattern } = require('./support/body');
const { certificate, pki, selfSigned } = require('./support/certificates');
const {
  answer,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  requestSecure,
  stock,
  total,
} = require('./support/https-agent');
const { closeServers, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const DAY = 86_400_000;
const MIB = 1 << 20;

const oxagentOnly = stock ? (title) => it(`${title} [transport is oxagent's option]`) : it;

// alert(fatal, handshake_failure), as TLS 1.2 frames it.
const REFUSAL = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

describe('HttpsAgent on any runtime', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let root;
  let intermediate;
  before(async () => {
    ({ root, intermediate } = await pki());
    ca = root.pem;
  });

  const serverWith = (leaf) => serveTls({ cert: leaf.chain, key: leaf.key });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`serves, and keeps the connection (${version})`, async () => {
      const site = await serveTls({ maxVersion: version });
      const agent = httpsAgentWith({ ca, keepAlive: true });
      for (let i = 0; i < 3; i++) {
        const req = getSecure({ port: site.port, agent });
        let facts;
        req.once('response', ({ socket }) => {
          facts = {
            authorized: socket.authorized,
            encrypted: socket.encrypted,
            protocol: socket.getProtocol(),
            subject: socket.getPeerCertificate().subject.CN,
            transport: socket.transport,
          };
        });
        const { body } = await answer(req);
        assert.equal(body, '1');
        assert.equal(req.reusedSocket, i > 0);
        assert.deepEqual(facts, {
          authorized: true,
          encrypted: true,
          protocol: version,
          subject: 'localhost',
          transport: stock ? undefined : 'rustls',
        });
      }
      assert.equal(site.connections, 1);
      assert.equal(total(agent.freeSockets), 1);
    });

    it(`carries bodies both ways (${version})`, async () => {
      const site = await serveTls({ maxVersion: version }, (req, res) => req.pipe(res));
      // A connection each: Node's server, on this very event loop, stumbles (HPE_PAUSED) over a
      // body that begins before it has heard that the kernel has all of the answer before.
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const bytes = pattern(4 * MIB);
      await Promise.all(
        [0, 1, 2, 3, 4, 5].map(async (n) => {
          const req = requestSecure({ port: site.port, agent, method: 'POST' });
          req.end(bytes.subarray(n));
          const [res] = await once(req, 'response');
          const chunks = [];
          for await (const chunk of res) chunks.push(chunk);
          assert.equal(digest(Buffer.concat(chunks)), digest(bytes.subarray(n)));
        }),
      );
    });
  }

  it('waits for a place, and takes a connection that comes free', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 2 });
    const reqs = Array.from({ length: 20 }, () => getSecure({ port: site.port, agent }));
    assert.equal(total(agent.sockets), 2);
    assert.equal(total(agent.requests), 18);
    await Promise.all(reqs.map(answer));
    assert.equal(site.requests, 20);
    assert.equal(site.connections, 2);
  });

  const tomorrow = () => new Date(Date.now() + DAY);
  const yesterday = () => new Date(Date.now() - DAY);
  const REFUSED = {
    'by an unknown root': async () => {
      const other = await certificate({ subject: 'another root', ca: true });
      return certificate({ issuer: other });
    },
    'by a root of the same name with another key': async () => {
      const other = await certificate({ subject: root.subject, ca: true });
      return certificate({ issuer: other });
    },
    'by itself': () => selfSigned(),
    'by a certificate that may not issue': async () => {
      const issuer = await certificate({ issuer: intermediate, subject: 'no authority' });
      return certificate({ issuer });
    },
    'for another name': () => certificate({ issuer: intermediate, names: ['wrong.example'] }),
    'for clients alone': () =>
      certificate({ issuer: intermediate, extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }),
    'until yesterday': () =>
      certificate({
        issuer: intermediate,
        notBefore: new Date(Date.now() - 2 * DAY),
        notAfter: yesterday(),
      }),
    'from tomorrow on': () => certificate({ issuer: intermediate, notBefore: tomorrow() }),
  };
  for (const [title, make] of Object.entries(REFUSED)) {
    for (const transport of ['auto', 'rustls']) {
      const given = transport === 'auto' ? it : oxagentOnly;
      given(`refuses a server that is vouched for ${title} (${transport})`, async () => {
        const site = await serverWith(await make());
        const agent = httpsAgentWith({ ca, ...(!stock && { transport }) });
        const error = await failure(getSecure({ port: site.port, agent }));
        assert.match(error.code, /^[A-Z][A-Z0-9_]+$/);
        assert.notEqual(error.code, 'ERR_INVALID_ARG_VALUE');
        assert.equal(site.requests, 0);
        assert.equal(total(agent.sockets), 0);
      });
    }

    it(`goes to it where that is allowed, and says that it is not trusted: ${title}`, async () => {
      const site = await serverWith(await make());
      const agent = httpsAgentWith({ ca, rejectUnauthorized: false });
      const req = getSecure({ port: site.port, agent });
      let told;
      req.once('response', ({ socket: { authorized, authorizationError } }) => {
        told = { authorized, hasReason: Boolean(authorizationError) };
      });
      await answer(req);
      assert.deepEqual(told, { authorized: false, hasReason: true });
    });
  }

  it("asks a request's own checkServerIdentity about that request's connection", async () => {
    if (Number(process.versions.node.split('.')[0]) < 22) return;
    const site = await serveTls();
    const agent = httpsAgentWith({ ca, keepAlive: true });
    await answer(getSecure({ port: site.port, agent }));
    const own = new Error('own');
    let asked;
    const checkServerIdentity = (host, certificateOfServer) => {
      asked = [host, certificateOfServer.subject.CN];
      return own;
    };
    const error = await failure(getSecure({ port: site.port, checkServerIdentity, agent }));
    assert.equal(error, own);
    assert.deepEqual(asked, ['localhost', 'localhost']);
    assert.equal(site.requests, 1);
  });

  oxagentOnly('goes over to the runtime’s own TLS when rustls is refused', async () => {
    const site = await serveTls({}, (req, res) => req.pipe(res));
    let connections = 0;
    const middle = await serveRaw((socket) => {
      if (++connections === 1) {
        socket.once('data', () => socket.end(REFUSAL));
        return;
      }
      const out = net.connect(site.port, '127.0.0.1');
      socket.pipe(out).pipe(socket);
      out.on('error', () => socket.destroy());
      socket.on('close', () => out.destroy());
    });
    const agent = httpsAgentWith({ ca, keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const req = requestSecure({ port: middle.port, agent, method: 'POST' });
      req.end(pattern(MIB));
      const [res] = await once(req, 'response');
      const { authorized, transport } = res.socket;
      assert.deepEqual({ authorized, transport }, { authorized: true, transport: 'node' });
      const chunks = [];
      for await (const chunk of res) chunks.push(chunk);
      assert.equal(digest(Buffer.concat(chunks)), digest(pattern(MIB)));
    }
    assert.equal(connections, 2);
    assert.equal(site.requests, 2);
  });

  oxagentOnly('fails there with transport rustls', async () => {
    const middle = await serveRaw((socket) => {
      socket.once('data', () => socket.end(REFUSAL));
    });
    const agent = httpsAgentWith({ ca, transport: 'rustls' });
    const error = await failure(getSecure({ port: middle.port, agent }));
    assert.match(error.code, /^(EPROTO|ERR_SSL_)/);
    assert.equal(middle.connections, 1);
  });
});
