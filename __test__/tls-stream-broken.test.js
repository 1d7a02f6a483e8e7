'use strict';

// A connection that ends within a response: whether the body was whole, and what says so.

const assert = require('node:assert/strict');
const { watch } = require('./fixtures/tls-watch');
const { pki } = require('./support/certificates');
const { dispose, getSecure, httpsAgentWith, nodeAgentWith } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const ENDS = {
  'by close_notify': (far) => far.end(),
  'by close_notify and the end of TCP': (far) => far.destroySoon(),
  'by the end of TCP': (_far, link) => link.end(),
  'by a reset': (_far, link) => link.reset(),
};

const BODIES = {
  'with a length': (res) => res.writeHead(200, { 'content-length': 100 }),
  'in chunks': (res) => res.writeHead(200, { 'transfer-encoding': 'chunked' }),
  'up to the end of the connection': (res) => {
    res.useChunkedEncodingByDefault = false;
    res.writeHead(200, { connection: 'close' });
  },
};

describe('a response over TLS that is cut', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    // What the program sees when the connection ends `end` after half of the body.
    const cut = async (agent, begin, end) => {
      let far;
      const site = await serveTls({ maxVersion: version }, (req, res) => {
        far = req.socket;
        begin(res);
        res.write('one half of the body');
      });
      const middle = await between(site.port);
      const req = getSecure({ port: middle.port, agent });
      const said = {};
      const { events, over } = watch(req, (name, _req, argument) => {
        if (name === 'response error' || name === 'request error') {
          said.error = { code: argument.code, message: argument.message };
        }
      });
      let body = '';
      req.on('response', (res) => {
        said.res = res;
        res.on('data', (chunk) => {
          if (body === '') end(far, middle.links[0]);
          body += chunk;
        });
      });
      await over;
      assertIdle(agent);
      // Whether the stream's own end is heard before its failure is not the program's concern.
      const heard = events.filter((name) => /^(request|response)/.test(name));
      return {
        body,
        heard,
        error: said.error,
        complete: said.res.complete,
        aborted: said.res.aborted,
        hadError: events.includes('socket error'),
      };
    };

    for (const [how, end] of Object.entries(ENDS)) {
      for (const [what, begin] of Object.entries(BODIES)) {
        it(`${how}, ${what}, is what it is in Node (${version})`, async () => {
          const node = await cut(nodeAgentWith({ ca }), begin, end);
          const ours = await cut(httpsAgentWith({ ca }), begin, end);
          assert.equal(ours.body, 'one half of the body');
          assert.deepEqual(ours, node);
          // Such a body has no other end, and Node takes even a reset for it.
          assert.equal(ours.complete, what.startsWith('up to'));
        });
      }
    }
  }
});
