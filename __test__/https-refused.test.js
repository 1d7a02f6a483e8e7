'use strict';

// The events of a socket whose server is refused: the handshake was done, and Node says so.

const assert = require('node:assert/strict');
const { watch } = require('./fixtures/tls-watch');
const { certificate, pki, selfSigned } = require('./support/certificates');
const {
  dispose,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  stock,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('a server that is refused', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [title, names, checkServerIdentity] of [
      ['for its issuer', ['localhost'], undefined],
      ['for its name', ['other.test'], undefined],
      ['by the program', ['localhost'], () => new Error('no')],
    ]) {
      it(`${title} has had its handshake (${version})`, async () => {
        const { root, intermediate } = await pki();
        const server = await certificate({ issuer: intermediate, names });
        const site = await serveTls({
          key: server.key,
          cert: server.chain,
          minVersion: version,
          maxVersion: version,
        });
        const ca = title === 'for its issuer' ? (await selfSigned()).pem : root.pem;
        const options = { ca, ...(checkServerIdentity && { checkServerIdentity }) };
        const lives = [];
        for (const agent of [nodeAgentWith(options), httpsAgentWith(options)]) {
          const req = getSecure({ port: site.port, agent });
          const { events, over } = watch(req);
          await over;
          if (!stock && lives.length > 0) assert.equal(req.socket.transport, 'rustls');
          lives.push(events.filter((name) => /secure|error|close|session/i.test(name)));
        }
        assert.deepEqual(lives[1], lives[0]);
        assert.ok(lives[1].includes('socket secure'));
        assert.ok(!lives[1].includes('socket secureConnect'));
        assert.equal(site.requests, 0);
      });
    }
  }
});
