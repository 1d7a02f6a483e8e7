'use strict';

// An answer that comes in pieces, of a size that neither holds up its reader nor lets it go on by
// itself: each must arrive although nothing else moves in the process.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { agentWith, get, getSecure, httpsAgentWith } = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { closeServers, serve } = require('./support/server');
const { pki } = require('./support/certificates');
const { serveTls } = require('./support/tls-server');

const PIECES = 6;

describe('an answer in pieces', () => {
  afterEach(cleanUp);
  afterEach(closeServers);

  for (const protocol of ['http', 'https']) {
    for (const bytes of [1_000, 8_200, 10_240, 15_000, 17_000, 40_000]) {
      it(`of ${bytes} bytes goes on over ${protocol}, each after the one before`, async () => {
        const secure = protocol === 'https';
        let write;
        const listener = (_, res) => {
          write = () => res.write('d'.repeat(bytes));
          write();
        };
        const server = secure ? await serveTls({}, listener) : await serve(listener);
        const ca = (await pki()).root.pem;
        const agent = secure ? httpsAgentWith({ ca }) : agentWith();
        const req = (secure ? getSecure : get)({ port: server.port, agent });
        const [res] = await once(req, 'response');
        let length = 0;
        res.on('data', (chunk) => {
          length += chunk.length;
          if (length === PIECES * bytes) res.destroy();
          // Not in the turn that brought this one.
          else if (length % bytes === 0) setTimeout(write, 2);
        });
        await once(res, 'close');
        assert.equal(length, PIECES * bytes);
      });
    }
  }
});
