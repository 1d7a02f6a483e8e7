'use strict';

// A process that has no descriptors left: the requests that need one fail as with Node's own agent, the
// others are answered, nothing hangs, and when there are descriptors again all are answered.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { pki } = require('./support/certificates');
const { ended, fixtures, result } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const LIMIT = 64;
const COUNT = 200;

// Milliseconds without a new request after which those that wait are answered.
const QUIET = 300;

// Only a shell can lower the limit.
const posix = process.platform === 'win32' ? describe.skip : describe;

posix(`${COUNT} requests with ${LIMIT} descriptors`, function () {
  this.timeout(60_000);
  afterEach(closeServers);

  // Answers '/together' when nothing more comes.
  async function open(name) {
    const waiting = [];
    let quiet;
    return SERVE[name]((req, res) => {
      if (req.url !== '/together') return res.end();
      waiting.push(res);
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        for (const each of waiting.splice(0)) each.end();
      }, QUIET);
    });
  }

  for (const name of Object.keys(SERVE)) {
    it(`fail by EMFILE where there are none, and later all are answered (${name})`, async () => {
      const site = await open(name);
      const ca = name === 'https' ? (await pki()).root.pem : '';
      const fixture = path.join(fixtures, 'descriptors.js');
      const child = spawn(
        'sh',
        [
          '-c',
          `ulimit -n ${LIMIT} && exec "$0" "$@"`,
          ...[process.execPath, fixture, site.port, '127.0.0.1', ca],
        ],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      child.output = { stdout: '', stderr: '' };
      child.stdout.on('data', (text) => {
        child.output.stdout += text;
      });
      child.stderr.on('data', (text) => {
        child.output.stderr += text;
      });
      const { node, ours } = result(await ended(child));
      for (const { together, left, behind, counts } of [node, ours]) {
        const { answered, ...failed } = together;
        const messages = Object.keys(failed);
        assert.deepEqual(
          messages,
          ['EMFILE: connect EMFILE 127.0.0.1:PORT - Local (undefined:undefined)'],
          JSON.stringify(together),
        );
        assert.ok(answered > 0 && answered < LIMIT);
        assert.equal(answered + failed[messages[0]], COUNT);
        assert.equal(left, 0);
        assert.deepEqual(behind, { answered: COUNT });
        assert.deepEqual(counts, [0, 0, 10]);
      }
    });
  }
});
