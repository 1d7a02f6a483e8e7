'use strict';

const assert = require('node:assert/strict');
const { answer, dispose, getSecure, httpsAgentWith } = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

describe('HttpsAgent option ALPNProtocols', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  const served = (options) =>
    serveTls(options, ({ socket }, res) => res.end(JSON.stringify(socket.alpnProtocol)));

  const chosen = ({ alpnProtocol }) => ({ alpnProtocol });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      for (const [ALPNProtocols, ours] of [
        [undefined, false],
        [['http/1.1'], 'http/1.1'],
        [['h2', 'http/1.1'], 'http/1.1'],
        [['other', 'x'.repeat(200), 'http/1.1'], 'http/1.1'],
        [[Buffer.from('http/1.1')], undefined],
        [Buffer.from('\x02h2\x08http/1.1'), 'http/1.1'],
        [new Uint8Array(Buffer.from('\x08http/1.1')), 'http/1.1'],
        [[], false],
        [null, false],
        ['http/1.1', undefined],
        [['h2'], undefined],
        [['http/1.0', 'spdy/3'], undefined],
      ]) {
        const title = Buffer.isBuffer(ALPNProtocols) ? 'a Buffer' : JSON.stringify(ALPNProtocols);
        it(`${title?.slice(0, 40)} ends as with Node's agent`, async () => {
          const site = await served({ maxVersion: version });
          const ended = await sameAsNode(site, { ca, ALPNProtocols }, chosen);
          if (ours !== undefined) assert.equal(ended.alpnProtocol, ours);
        });
      }

      it('chosen by a server with protocols of its own', async () => {
        const site = await served({ maxVersion: version, ALPNProtocols: ['b', 'a'] });
        const ended = await sameAsNode(site, { ca, ALPNProtocols: ['a', 'b'] }, chosen);
        assert.deepEqual(ended, { body: '"b"', alpnProtocol: 'b' });
      });

      it('chosen by a callback of the server', async () => {
        const offered = [];
        const site = await served({
          maxVersion: version,
          ALPNCallback({ protocols }) {
            offered.push(protocols);
            return protocols.at(-1);
          },
        });
        const protocols = ['one', 'two', 'http/1.1'];
        const ended = await sameAsNode(site, { ca, ALPNProtocols: protocols }, chosen);
        assert.equal(ended.alpnProtocol, 'http/1.1');
        assert.deepEqual(offered, [protocols, protocols]);
      });
    });
  }

  for (const ALPNProtocols of [1, true, {}, [1], ['x'.repeat(256), 'http/1.1']]) {
    it(`${JSON.stringify(ALPNProtocols).slice(0, 20)} ends as with Node's agent`, async () => {
      const site = await served();
      await sameAsNode(site, { ca, ALPNProtocols }, chosen);
    });
  }

  it('is told on a connection that is used again', async () => {
    const site = await served();
    const agent = httpsAgentWith({ ca, ALPNProtocols: ['http/1.1'], keepAlive: true });
    for (let i = 0; i < 2; i++) {
      const { body, socket } = await answer(getSecure({ port: site.port, agent }));
      assert.equal(body, '"http/1.1"');
      assert.equal(socket.alpnProtocol, 'http/1.1');
    }
    assert.equal(site.connections, 1);
  });

  it('is told on a resumed session', async () => {
    const site = await served();
    const agent = httpsAgentWith({ ca, ALPNProtocols: ['http/1.1'] });
    for (let i = 0; i < 2; i++) {
      assert.equal((await answer(getSecure({ port: site.port, agent }))).body, '"http/1.1"');
    }
    assert.equal(site.resumed, 1);
  });
});
