'use strict';

// What still needs Node's transport is told: a warning for each cause that no option of the program
// has asked for, once in a process.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Agent, HttpsAgent } = require('..');
const { stock } = require('./support/agent');
const { pki } = require('./support/certificates');
const { fixtures, result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');
const { serveTls } = require('./support/tls-server');

const FIXTURE = 'transport-warning.js';
const NEEDS_OPENSSL = { ciphers: 'ECDHE-ECDSA-AES128-SHA256', maxVersion: 'TLSv1.2' };
const knows = (flag) => process.allowedNodeEnvironmentFlags.has(flag);

const lineOf = (text) => {
  const lines = fs.readFileSync(path.join(fixtures, FIXTURE), 'utf8').split('\n');
  return lines.findIndex((line) => line.includes(text)) + 1;
};

async function seenUnder(what, { options = {}, server = {}, ...processOptions } = {}) {
  const plain = await httpServer((_, res) => res.writeHead(204).end());
  const secure = await serveTls(server, (_, res) => res.writeHead(204).end());
  const { root } = await pki();
  const args = [what, plain.port, secure.port, root.pem, JSON.stringify(options)];
  const seen = result(await run(FIXTURE, args, processOptions));
  return {
    ...seen,
    messages: seen.warnings.map(({ message }) => message),
    securePort: secure.port,
  };
}

(stock ? describe.skip : describe)("a warning of Node's transport", () => {
  afterEach(cleanUp);

  it('does not come where nothing needs it', async () => {
    const { transports, warnings } = await seenUnder('plain');
    assert.deepEqual(transports, ['native', 'native']);
    assert.deepEqual(warnings, []);
  });

  (process.platform === 'win32' ? it.skip : it)('does not come under a tracer', async () => {
    const { transports, warnings } = await seenUnder('tracer');
    assert.deepEqual(transports, ['rustls', 'rustls', 'native']);
    assert.deepEqual(warnings, []);
  });

  it('names a replaced tls.connect, whatever it answers', async () => {
    const { transports, messages } = await seenUnder('tls mock');
    assert.deepEqual(transports, ['node', 'node', 'native']);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /: tls\.connect has been replaced/);
  });

  it('names what was replaced, once', async () => {
    const { transports, warnings } = await seenUnder('mock');
    assert.deepEqual(transports, ['node', 'node']);
    assert.equal(warnings.length, 1);
    const [{ name, message, detail }] = warnings;
    assert.equal(name, 'Warning');
    assert.match(message, /: net\.createConnection has been replaced/);
    assert.match(detail, /transportWarning/);
  });

  it('names the file of what was replaced', async () => {
    const { messages } = await seenUnder('mock');
    const location = fixture(lineOf('function replacement('));
    assert.ok(messages[0].endsWith(`, by ${location}`), messages[0]);
  });

  for (const what of ['bound mock', 'proxied mock', 'short function', 'file that has gone']) {
    it(`says nothing of the file where it cannot be known: a ${what}`, async () => {
      const { messages } = await seenUnder(what);
      assert.ok(messages[0].endsWith(': net.createConnection has been replaced'), messages[0]);
    });
  }

  it('names a replaced tls.createSecureContext and its file', async () => {
    const { transports, messages } = await seenUnder('secure context');
    assert.deepEqual(transports, ['node', 'node', 'native']);
    assert.equal(messages.length, 1);
    const line = lineOf('tls.createSecureContext = (options)');
    assert.ok(
      messages[0].endsWith(`: tls.createSecureContext has been replaced, by ${fixture(line)}`),
      messages[0],
    );
  });

  it('names the defaults of tls that leave out TLS 1.3', async () => {
    const { transports, messages } = await seenUnder('default versions');
    assert.deepEqual(transports, ['node', 'node', 'native']);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /rule TLS 1\.3 out/);
  });

  it('names a server that has shown in its handshake that it needs it, once', async () => {
    const { transports, messages, securePort } = await seenUnder('secure', {
      server: NEEDS_OPENSSL,
    });
    assert.deepEqual(transports, ['node', 'node', 'native']);
    assert.equal(messages.length, 1);
    assert.ok(messages[0].includes(`127.0.0.1:${securePort} needs`), messages[0]);
  });

  it('names trace events', async () => {
    const { transports, messages } = await seenUnder('plain', {
      execArgv: ['--trace-event-categories', 'node.net', '--trace-event-file-pattern', os.devNull],
    });
    assert.deepEqual(transports, ['node', 'node']);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /trace events/);
  });

  it('names a flag of Node', async () => {
    const { messages } = await seenUnder('secure', { execArgv: ['--trace-tls'] });
    assert.equal(messages.length, 1);
    assert.match(messages[0], /--trace-tls/);
  });

  (knows('--allow-net') ? it : it.skip)('names permissions', async () => {
    const execArgv = ['--permission-audit', '--allow-addons', '--allow-fs-read=*'];
    const { transports, messages } = await seenUnder('plain', { execArgv });
    assert.deepEqual(transports, ['node', 'node']);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /permission/);
  });

  it('names a host that rustls does not take', async () => {
    const { transports, messages } = await seenUnder('a name');
    assert.deepEqual(transports, ['node']);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /'localhost\.'/);
  });

  it('does not come where an option asks for it', async () => {
    const { transports, warnings } = await seenUnder('options', {
      server: { maxVersion: 'TLSv1.2' },
    });
    assert.deepEqual(new Set(transports), new Set(['node']));
    assert.deepEqual(warnings, []);
  });

  it('comes once from all threads of a process', async () => {
    const { transports, warnings } = await seenUnder('worker');
    assert.deepEqual(transports, ['node', ['node', 'node']]);
    assert.equal(warnings.length, 1);
  });

  describe('with transportWarning: false', () => {
    for (const [title, what, server] of [
      ['of a mock', 'mock', {}],
      ['of a replaced function of tls', 'secure context', {}],
      ['of a server', 'secure', NEEDS_OPENSSL],
    ]) {
      it(`does not come ${title}`, async () => {
        const options = { transportWarning: false };
        const { transports, warnings } = await seenUnder(what, { options, server });
        assert.equal(transports[0], 'node');
        assert.deepEqual(warnings, []);
      });
    }
  });

  for (const Class of [Agent, HttpsAgent]) {
    for (const value of [null, 0, 'off', {}]) {
      it(`${Class === Agent ? 'http' : 'https'}: ${JSON.stringify(value)} is refused`, () => {
        assert.throws(() => new Class({ transportWarning: value }), {
          name: 'TypeError',
          code: 'ERR_INVALID_ARG_TYPE',
          message: /^The "transportWarning" argument must be of type boolean\. Received /,
        });
      });
    }
  }
});

function fixture(line) {
  return `${path.join(fixtures, FIXTURE)}:${line}`;
}
