'use strict';

// When a part of Node's own transport has been replaced, by a mock or a tracer, TLS connections
// are made through the replacement, whether it came before or after the library.

const assert = require('node:assert/strict');
const { differs, dispose } = require('./support/https-agent');
const { certificate, pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('a replaced transport under TLS', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  let stranger;
  before(async () => {
    ca = (await pki()).root.pem;
    stranger = (await certificate({ subject: 'stranger', ca: true })).pem;
  });

  async function mocked(what, when) {
    const real = await serveTls({}, (_, res) => res.end('real'));
    const mock = await serveTls({}, (_, res) => res.end('mock'));
    const given = { port: real.port, mockPort: mock.port, ca, stranger };
    const ended = await run('https-mocks.js', [what, when, JSON.stringify(given)]);
    return { seen: result(ended), real, mock };
  }

  for (const when of ['before', 'after', 'between']) {
    for (const [what, answered] of [
      ['traced tls.connect', 'real'],
      ['redirected tls.connect', 'mock'],
      ["traced createConnection of Node's agents, and connect", 'real'],
      ["redirected createConnection of Node's agents", 'mock'],
      ["createConnection of Node's agents, by tls.connect", 'mock'],
      ["createConnection of Node's agents, by its callback", 'mock'],
      ['traced connect', 'real'],
      ['redirected connect', 'mock'],
    ]) {
      it(`${what}, ${when}, makes the connection`, async () => {
        const { seen, real, mock } = await mocked(what, when);
        assert.deepEqual(seen, {
          called: true,
          ofSocket: true,
          asked: [],
          answers: [answered, answered],
          same: true,
        });
        const before = when === 'between' ? 1 : 0;
        assert.equal(real.connections, before + (answered === 'real' ? 1 : 0));
        assert.equal(mock.connections, answered === 'mock' ? 1 : 0);
      });
    }

    it(`net.connect, ${when}, is not for TLS, as in Node`, async () => {
      const { seen, real } = await mocked('net.connect and net.createConnection', when);
      assert.equal(seen.called, false);
      assert.deepEqual(seen.answers, ['real', 'real']);
      assert.equal(real.connections, when === 'between' ? 2 : 1);
    });
  }

  differs('mocks of its connections drop its idle ones themselves')(
    'a connection that is idle when connect is redirected serves no more',
    async () => {
      const { seen, real, mock } = await mocked('redirected connect', 'kept');
      assert.deepEqual(seen.answers, ['mock', 'mock']);
      assert.deepEqual([real.requests, real.connections, mock.connections], [1, 1, 1]);
    },
  );

  for (const when of ['before', 'after']) {
    it(`tls.createSecureContext, ${when}, says whom to trust`, async () => {
      const { seen, real } = await mocked('tls.createSecureContext', when);
      assert.equal(seen.called, true);
      assert.deepEqual(seen.answers, ['real', 'real']);
      assert.equal(real.connections, 1);
    });

    it(`dns.lookup, ${when}, is asked for the name`, async () => {
      const { seen, real } = await mocked('dns.lookup', when);
      assert.deepEqual(seen.asked, ['only.the.mock.knows.invalid']);
      assert.deepEqual(seen.answers, ['real', 'real']);
      assert.equal(real.connections, 1);
    });
  }
});
