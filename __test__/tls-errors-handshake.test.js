'use strict';

// A handshake that breaks: the peer goes away, or speaks something else, or what it says has been
// changed on the way.

const assert = require('node:assert');
const { pki } = require('./support/certificates');
const {
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, observe, sameFailure } = require('./support/tls-failure');
const { between, flipped, serveBytes } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];

describe('TLS errors: a broken handshake', () => {
  let ca;

  before(async () => {
    ca = (await pki()).root.pem;
  });

  afterEach(cleanUp);

  // With a head that waits to be written, and with nothing to write.
  async function bothFail(port, code, codeUnwritten = code) {
    await sameFailure(port, { ca }, { code });
    return sameFailure(port, { ca }, { code: codeUnwritten, start: requestSecure });
  }

  describe('the peer goes away', () => {
    it('after the client hello', async () => {
      const site = await serveBytes((socket) => socket.end());
      const { seen } = await bothFail(site.port, 'ECONNRESET');
      assert.strictEqual(seen.error.host, '127.0.0.1');
      assert.strictEqual(seen.error.port, site.port);
    });

    it('with a reset after the client hello', async () => {
      const site = await serveBytes((socket) => socket.resetAndDestroy());
      const { seen } = await bothFail(site.port, 'ECONNRESET');
      assert.strictEqual(seen.error.syscall, 'read');
    });

    for (const version of VERSIONS) {
      it(`inside the server's hello, ${version}`, async () => {
        const site = await serveTls({ maxVersion: version });
        const middle = await between(site.port, {
          fromServer({ bytes }, link) {
            link.client.write(bytes.subarray(0, 20));
            link.end();
            return null;
          },
        });
        await bothFail(middle.port, 'ECONNRESET');
      });

      it(`between two of the server's records, ${version}`, async () => {
        const site = await serveTls({ maxVersion: version });
        const middle = await between(site.port, {
          fromServer({ number }, link) {
            if (number !== 1) return;
            link.end();
            return null;
          },
        });
        await bothFail(middle.port, 'ECONNRESET');
        assert.strictEqual(site.requests, 0);
      });

      // Whether the reset or the write into it is seen first is the kernel's choice.
      it(`with a reset between two of the server's records, ${version}`, async () => {
        const site = await serveTls({ maxVersion: version });
        const middle = await between(site.port, {
          fromServer({ number }, link) {
            if (number !== 1) return;
            link.reset();
            return null;
          },
        });
        const options = { port: middle.port };
        const expected = await observe(nodeAgentWith({ ca }), options);
        const agent = httpsAgentWith({ ca });
        const seen = await observe(agent, options);
        assert.strictEqual(expected.error.code, 'ECONNRESET');
        assert.strictEqual(seen.error.code, 'ECONNRESET');
        assert.strictEqual(seen.events.at(-1), 'socket close true');
        assertIdle(agent);
      });
    }
  });

  describe('the peer speaks something else', () => {
    const hello = (body) => Buffer.from([22, 3, 3, 0, body.length, ...body]);
    const CASES = [
      ['HTTP', 'ERR_SSL_WRONG_VERSION_NUMBER', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
      ['SSH', 'ERR_SSL_WRONG_VERSION_NUMBER', 'SSH-2.0-OpenSSH_9.2\r\n'],
      ['SMTP', 'ERR_SSL_WRONG_VERSION_NUMBER', '220 mail.example.test ESMTP\r\n'],
      ['zeros', 'ERR_SSL_WRONG_VERSION_NUMBER', Buffer.alloc(64)],
      ['a megabyte of ones', 'ERR_SSL_WRONG_VERSION_NUMBER', Buffer.alloc(1 << 20, 0xff)],
      [
        'a record of no known type',
        'ERR_SSL_UNEXPECTED_MESSAGE',
        Buffer.from([0x99, 3, 3, 0, 1, 0]),
      ],
      ['application data', 'ERR_SSL_UNEXPECTED_MESSAGE', Buffer.from([23, 3, 3, 0, 3, 1, 2, 3])],
      [
        'a handshake message of no known type',
        'ERR_SSL_UNEXPECTED_MESSAGE',
        hello([99, 0, 0, 2, 1, 1]),
      ],
      ['a hello that is too short', 'ERR_SSL_LENGTH_MISMATCH', hello([2, 0, 0, 4, 3, 3, 1, 1])],
      // OpenSSL 3.0 and 3.5 have different words for this one.
      [
        'a record that is too long',
        null,
        Buffer.concat([Buffer.from([22, 3, 3, 0xff, 0xff]), Buffer.alloc(70)]),
      ],
    ];

    for (const [title, code, bytes] of CASES) {
      it(title, async () => {
        const site = await serveBytes((socket) => socket.write(bytes));
        const { seen } = await bothFail(site.port, 'EPROTO', code);
        assert.match(seen.error.code, /^ERR_SSL_/);
      });
    }
  });

  describe('a record is changed on the way', () => {
    const first = { number: 0, what: "the server's hello" };
    // With TLS 1.2 the key exchange that the server has signed, with 1.3 the first encrypted one.
    const signed = { number: 2, what: 'a record that is protected' };

    for (const version of VERSIONS) {
      for (const { number, what } of [first, signed]) {
        it(`${what}, ${version}`, async () => {
          const site = await serveTls({ maxVersion: version });
          const middle = await between(site.port, {
            fromServer: (record) => (record.number === number ? flipped(record) : undefined),
          });
          const expected = await observe(nodeAgentWith({ ca }), { port: middle.port });
          const agent = httpsAgentWith({ ca });
          const seen = await observe(agent, { port: middle.port });
          assert.strictEqual(seen.error.code, expected.error.code);
          assert.strictEqual(seen.error.syscall, expected.error.syscall);
          assert.deepStrictEqual(seen.events, expected.events);
          assertIdle(agent);
          assert.strictEqual(site.requests, 0);
        });
      }

      it(`the client's hello, ${version}`, async () => {
        const site = await serveTls({ maxVersion: version });
        const middle = await between(site.port, {
          fromClient: (record) => (record.number === 0 ? flippedRandom(record) : undefined),
          serverEnded: (link) => link.end(),
        });
        const expected = await observe(nodeAgentWith({ ca }), { port: middle.port });
        const agent = httpsAgentWith({ ca });
        const seen = await observe(agent, { port: middle.port });
        assert.strictEqual(seen.error.code, expected.error.code);
        assertIdle(agent);
        assert.strictEqual(site.requests, 0);
      });
    }
  });

  describe('the options leave no version', () => {
    it('fails the request, and throws nothing', async () => {
      const site = await serveTls();
      const code = 'ERR_SSL_NO_PROTOCOLS_AVAILABLE';
      const none = { ca, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' };
      await sameFailure(site.port, none, { code });
      await sameFailure(site.port, none, { code, start: requestSecure });
      assert.strictEqual(site.handshakes, 0);
    });
  });

  it('a request after a broken handshake has a handshake of its own', async () => {
    const site = await serveTls();
    const middle = await between(site.port, {
      fromServer(_record, link) {
        link.end();
        return null;
      },
    });
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const { error } = await observe(agent, { port: middle.port });
    assert.strictEqual(error.code, 'ECONNRESET');
    middle.script = {};
    const seen = await observe(agent, { port: middle.port, headers: { connection: 'close' } });
    assert.strictEqual(seen.error, undefined);
    assert.ok(seen.events.includes('response end'));
    assert.strictEqual(site.requests, 1);
    assertIdle(agent);
  });

  it('many broken handshakes at once fail one by one', async () => {
    const site = await serveBytes((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    const agent = httpsAgentWith({ ca, maxSockets: 5 });
    const all = await Promise.all(
      Array.from({ length: 40 }, () => observe(agent, { port: site.port }, getSecure)),
    );
    for (const { error } of all) assert.strictEqual(error.code, 'EPROTO');
    assertIdle(agent);
  });
});

// The hello's random: both sides can read it, and disagree about the keys.
function flippedRandom({ bytes }) {
  const copy = Buffer.from(bytes);
  copy[12] ^= 1;
  return copy;
}
