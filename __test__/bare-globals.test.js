'use strict';

// Globals of Node that a program does without, or has others in the place of: jsdom, polyfills and
// mocks. What the library needs it has from the modules that they come from, from the start.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const lib = path.join(__dirname, '..', 'lib');

function drained(req, res) {
  req.resume();
  req.on('end', () => res.end('answer'));
}

describe('globals', () => {
  afterEach(closeServers);

  for (const when of ['before', 'after']) {
    for (const how of ['deleted', 'replaced']) {
      it(`${how} ${when} loading are not missed by requests`, async () => {
        const site = await serve(drained);
        const secure = await serveTls({}, drained);
        const args = [when, how, site.port, secure.port, (await pki()).root.pem];
        const ended = await run('bare-globals.js', args, { limit: 10_000 });
        assert.deepEqual(result(ended), Array(9).fill('answer'));
      });
    }
  }

  // The globals themselves are forbidden there by biome.json.
  it('of process that are replaced are used by originals.js alone', () => {
    for (const file of fs.readdirSync(lib, { recursive: true })) {
      if (!file.endsWith('.js') || file === path.join('node', 'originals.js')) continue;
      const [found] =
        /process\.(nextTick|hrtime)/.exec(fs.readFileSync(path.join(lib, file))) ?? [];
      assert.equal(found, undefined, file);
    }
  });
});
