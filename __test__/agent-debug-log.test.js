'use strict';

// NODE_DEBUG=http and https: the lines of the agents, as Node's own print them in the same run.

const assert = require('node:assert/strict');
const { certificate, pki } = require('./support/certificates');
const { run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: serveTls };

// The agent's part of each section; the rest is the client's.
const LINES = {
  http: [
    'CLIENT socket on',
    'agent.on(free)',
    'call onSocket',
    'createConnection ',
    'have free socket',
    'http createConnection should use proxy',
    'removeSocket',
    'sockets ',
    'wait for socket',
  ],
  https: ['createConnection ', 'https createConnection should use proxy'],
};

async function log(section, whose, scheme, port, options = {}) {
  const given = JSON.stringify({ rejectUnauthorized: false, ...options });
  const env = { NODE_DEBUG: section };
  const { code, stderr } = await run('debug-log.js', [whose, scheme, port, given], { env });
  assert.equal(code, 0, stderr);
  return stderr;
}

// By the step of the program.
async function lines(...args) {
  const [section] = args;
  const stderr = await log(...args);
  const steps = {};
  let step;
  for (const line of stderr.split('\n')) {
    const [, title] = /^## (.*)/.exec(line) ?? [];
    if (title) {
      step = title;
      steps[step] = [];
    }
    const [, text] = /^HTTPS? \d+: (.*)/.exec(line) ?? [];
    if (step === undefined || !LINES[section].some((start) => text?.startsWith(start))) continue;
    // Node shows whole options.
    steps[step].push(text.replace(/ \[Object: null prototype\].*/, ''));
  }
  return steps;
}

describe('the debug log', () => {
  afterEach(closeServers);

  for (const [section, scheme] of [
    ['http', 'http'],
    ['http', 'https'],
    ['https', 'https'],
  ]) {
    it(`of ${section} has the lines of Node's agent (${scheme})`, async () => {
      const { port } = await SERVE[scheme]();
      const [ours, nodes] = await Promise.all(
        ['ours', 'node'].map((whose) => lines(section, whose, scheme, port)),
      );
      assert.deepEqual(ours, nodes);
      const count = Object.values(nodes).flat().length;
      assert.ok(count > 6, `${count} lines`);
    });
  }

  it('has no key and no passphrase', async () => {
    const { port } = await serveTls({ requestCert: true, rejectUnauthorized: false });
    const { intermediate } = await pki();
    const client = await certificate({ subject: 'client', issuer: intermediate, names: [] });
    const options = { key: client.key, cert: client.chain, passphrase: 'open sesame 4711' };
    const told = await log('http,https', 'ours', 'https', port, options);
    assert.match(told, /^HTTP \d+: createConnection .*BEGIN CERTIFICATE/m);
    assert.match(told, /^HTTPS \d+: createConnection /m);
    for (const secret of [client.key.split('\n')[1], options.passphrase]) {
      assert.ok(!told.includes(secret), secret);
    }
  });
});
