'use strict';

// What name is asked for (SNI), and which name the certificate must have.

const assert = require('node:assert/strict');
const {
  answer,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  total,
} = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

function lookup(_name, options, callback) {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}

describe('HttpsAgent option servername', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let intermediate;
  before(async () => {
    const made = await pki();
    ca = made.root.pem;
    intermediate = made.intermediate;
  });

  const served = (options) =>
    serveTls(options, ({ socket }, res) => res.end(JSON.stringify(socket.servername)));

  const told = ({ servername, authorized }) => ({ servername, authorized });

  // By options of the request: what the server is asked for.
  for (const [what, request, asked] of [
    ['a name', { servername: 'localhost' }, 'localhost'],
    ['the host, where none is given', { host: 'localhost', servername: undefined }, 'localhost'],
    ['the Host header', { servername: undefined, headers: { host: 'localhost:81' } }, 'localhost'],
    ['nothing for an IP host', { servername: undefined }, false],
    [
      'nothing for an IP in the Host header',
      { servername: undefined, headers: { host: '127.0.0.1:1' } },
      false,
    ],
    [
      'nothing for [::1] in the Host header',
      { servername: undefined, headers: { host: '[::1]:1' } },
      false,
    ],
    ["nothing for ''", { servername: '', host: 'localhost' }, false],
    ["nothing for '' and an IP host", { servername: '' }, false],
    ['nothing for null and an IP host', { servername: null }, false],
  ]) {
    it(`asks for ${what}`, async () => {
      const site = await served();
      const ended = await sameAsNode(site, { ca, request: { lookup, ...request } }, told);
      assert.equal(ended.body, JSON.stringify(asked));
      assert.equal(ended.authorized, true);
      assert.equal(ended.servername, asked);
    });
  }

  it('of the agent comes first', async () => {
    const site = await served();
    const request = { servername: 'wrong.example' };
    const ended = await sameAsNode(site, { ca, servername: 'localhost', request }, told);
    assert.equal(ended.body, '"localhost"');
  });

  // Each is judged by Node's agent in the same run.
  for (const [names, request] of [
    [['localhost'], { servername: 'LOCALHOST' }],
    [['localhost'], { servername: 'localhost.' }],
    [['localhost'], { servername: 'other' }],
    [['localhost'], { servername: undefined }],
    [['127.0.0.1'], { servername: 'localhost' }],
    [['127.0.0.1'], { servername: '', host: 'localhost' }],
    [['127.0.0.2'], { servername: undefined }],
    [['*.a.example'], { servername: 'b.a.example' }],
    [['*.a.example'], { servername: 'a.example' }],
    [['*.a.example'], { servername: 'c.b.a.example' }],
    [['x.a.example', 'y.a.example'], { servername: 'y.a.example' }],
    [['xn--bcher-kva.example'], { servername: 'bücher.example' }],
    [['xn--bcher-kva.example'], { servername: 'xn--bcher-kva.example' }],
    [['a_b.example'], { servername: 'a_b.example' }],
    [['-x.example'], { servername: '-x.example' }],
    [['x.123'], { servername: 'x.123' }],
    [['a.example'], { servername: 'a..example' }],
    [['a.example'], { servername: `${'a'.repeat(64)}.example` }],
    [['a.example'], { servername: 'a b.example' }],
    [['a.example'], { servername: 'a.example\0b' }],
    [['localhost'], { servername: undefined, headers: { host: 'other.example' } }],
    [['127.0.0.1'], { servername: '127.0.0.1' }],
    [['localhost'], { servername: '127.0.0.1' }],
    [['localhost'], { servername: '::1' }],
  ]) {
    it(`${JSON.stringify(request)} for ${names} ends as with Node's agent`, async () => {
      const leaf = await certificate({ issuer: intermediate, names });
      const site = await served({ cert: leaf.chain, key: leaf.key });
      await sameAsNode(site, { ca, request: { lookup, ...request } }, told);
    });
  }

  it('of the wrong server fails with the fields of Node', async () => {
    const site = await served();
    const agent = httpsAgentWith({ ca });
    const error = await failure(getSecure({ port: site.port, servername: 'a.example', agent }));
    assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.equal(error.host, 'a.example');
    assert.match(error.reason, /Host: a\.example\. is not in the cert's altnames/);
    assert.equal(error.cert.subject.CN, 'localhost');
    assert.equal(
      error.message,
      `Hostname/IP does not match certificate's altnames: ${error.reason}`,
    );
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(site.requests, 0);
  });

  it('chooses the certificate of a server that has several', async () => {
    const names = ['a.example', 'b.example'];
    const leaves = await Promise.all(
      names.map((name) => certificate({ subject: name, issuer: intermediate, names: [name] })),
    );
    const site = await served();
    for (const leaf of leaves) {
      site.server.addContext(leaf.subject, { cert: leaf.chain, key: leaf.key });
    }
    const agent = httpsAgentWith({ ca, keepAlive: true });
    for (const name of [...names, 'localhost', ...names]) {
      const { body, socket } = await answer(
        getSecure({ port: site.port, servername: name, agent }),
      );
      assert.equal(body, JSON.stringify(name));
      assert.equal(socket.getPeerCertificate().subject.CN, name);
    }
    assert.equal(site.connections, 3);
    assert.equal(total(agent.freeSockets), 3);
  });
});
