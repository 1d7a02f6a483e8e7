'use strict';

// A process that has no descriptors left: the requests that need one fail as with Node's own agent,
// the others are answered, nothing hangs, and when there are descriptors again all are answered.

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

// What a request has that got no descriptor for its socket, or for the name's lookup, of which the
// system's resolver may have something else to say.
const FAILURES = {
  '127.0.0.1': /^EMFILE: connect EMFILE 127\.0\.0\.1:PORT - Local \(undefined:undefined\)$/,
  localhost:
    /^(EMFILE: (connect EMFILE 127\.0\.0\.1:PORT - Local \(.*\)|getaddrinfo EMFILE .*)|(EAI_AGAIN|ENOTFOUND): .*)$/,
};

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

  for (const [name, host] of [
    ['http', '127.0.0.1'],
    ['http', 'localhost'],
    ['https', '127.0.0.1'],
  ]) {
    it(`fail by EMFILE where there are none, and later all are answered (${name}, ${host})`, async () => {
      const site = await open(name);
      const ca = name === 'https' ? (await pki()).root.pem : '';
      const fixture = path.join(fixtures, 'descriptors.js');
      const child = spawn(
        'sh',
        [
          '-c',
          `ulimit -n ${LIMIT} && exec "$0" "$@"`,
          ...[process.execPath, fixture, site.port, host, ca],
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
        for (const message of Object.keys(failed)) assert.match(message, FAILURES[host]);
        const failures = Object.values(failed).reduce((sum, times) => sum + times, 0);
        assert.ok(answered > 0 && answered < LIMIT, JSON.stringify(together));
        assert.equal(answered + failures, COUNT);
        assert.equal(left, 0);
        assert.deepEqual(behind, { answered: COUNT });
        assert.deepEqual(counts, [0, 0, 10]);
      }
    });
  }
});
