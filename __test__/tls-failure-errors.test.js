'use strict';

// What a TLS failure is called. Each is met for real by a client of Node's own, in the same run,
// and must be reported alike: code, message, library, reason and all.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { fallsBack, tlsFailure } = require('../lib/tls/errors');
const { pki } = require('./support/certificates');
const { failure } = require('./support/agent');
const { closeServers, serveRaw } = require('./support/server');
const { serveRawTls, serveTls } = require('./support/tls-server');

const HOST = '127.0.0.1';
const RECORD_MAX = 0xffff;
const VERSIONS = ['TLSv1.2', 'TLSv1.3'];

function fieldsOf(error) {
  const { name, message, code } = error;
  return { name, message, code, ...error, own: Object.getOwnPropertyNames(error).sort() };
}

function assertSame(error, expected) {
  assert.deepEqual(fieldsOf(error), fieldsOf(expected));
  assert.equal(error.constructor, Error);
}

// A server that answers the first bytes of a client with these, and ends.
function answeringWith(...chunks) {
  return serveRaw((socket) => {
    socket.once('data', () => socket.end(Buffer.concat(chunks)));
  });
}

async function connectionFailure(options, write = undefined) {
  const client = tls.connect({ host: HOST, servername: 'localhost', ...options });
  if (write) client.write(write);
  const [error] = await once(client, 'error');
  client.destroy();
  return error;
}

const alertRecord = (number) => Buffer.from([21, 3, 3, 0, 2, 2, number]);
const handshakeRecord = (type, ...body) =>
  Buffer.from([22, 3, 3, 0, body.length + 4, type, 0, 0, body.length, ...body]);

// A TLS server behind a wire that can be cut into: `wire.corrupt` spoils what the server sends from
// then on, `wire.say(bytes)` slips something in.
async function serveOverWire(options) {
  const site = await serveRawTls(options);
  const wire = { corrupt: false, port: undefined, say: undefined };
  wire.secured = once(site.server, 'secureConnection');
  const middle = await serveRaw((near) => {
    const far = net.connect(site.port, HOST);
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
    near.pipe(far);
    far.on('data', (chunk) => {
      if (wire.corrupt) chunk[chunk.length - 1] ^= 1;
      near.write(chunk);
    });
    wire.say = (bytes) => near.write(bytes);
  });
  wire.port = middle.port;
  return wire;
}

async function secured(options) {
  const wire = await serveOverWire(options);
  const { root } = await pki();
  const client = tls.connect({
    host: HOST,
    port: wire.port,
    servername: 'localhost',
    ca: root.pem,
  });
  client.resume();
  await once(client, 'secureConnect');
  const [server] = await wire.secured;
  client.on('error', () => {});
  return { client, server, wire };
}

describe('the error of a TLS failure', function () {
  this.timeout(60_000);
  afterEach(closeServers);

  for (const pendingWrite of [false, true]) {
    const title = pendingWrite ? 'with a write that waits' : 'with nothing written';

    it(`is Node's for every alert, ${title}`, async () => {
      let told = 0;
      let number = 0;
      const server = await serveRaw((socket) => {
        socket.once('data', () => socket.end(alertRecord(number)));
      });
      for (number = 0; number <= 255; number++) {
        const options = { host: HOST, port: server.port, servername: 'localhost' };
        const expected = await connectionFailure(options, pendingWrite && 'GET / HTTP/1.1\r\n\r\n');
        const error = tlsFailure(
          { kind: 'alert', alert: number, version: null },
          { pendingWrite, options },
        );
        assertSame(error, expected);
        if (error.code !== 'ECONNRESET') told++;
      }
      assert.equal(server.connections, 256);
      assert.ok(told > 25, `${told} alerts have a name`);
    });

    for (const [kind, ...bytes] of [
      ['notTls', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
      ['notTls', Buffer.from('220 mail.test ESMTP\r\n')],
      ['unexpectedMessage', handshakeRecord(14, 0, 0, 0, 0)],
      ['other', handshakeRecord(14, 0, 0, 0, 0)],
      ['lengthMismatch', handshakeRecord(2, 3, 3, 1)],
      ['tooLong', Buffer.from([22, 3, 3, 0x60, 0])],
    ]) {
      it(`is Node's for ${kind} (${bytes[0].subarray(0, 8).toString('hex')}), ${title}`, async () => {
        const { port } = await answeringWith(...bytes);
        const expected = await connectionFailure({ port }, pendingWrite && 'hello');
        const error = tlsFailure({ kind, alert: 0, version: null }, { pendingWrite });
        assertSame(error, expected);
        assert.equal(error.code === 'EPROTO', pendingWrite);
      });
    }

    it(`is Node's for a stream that ends, ${title}`, async () => {
      const { port } = await answeringWith();
      const options = { port, host: HOST, localAddress: HOST };
      const expected = await connectionFailure(options, pendingWrite && 'hello');
      const failed = { kind: 'eof', alert: 0, version: null };
      assertSame(tlsFailure(failed, { pendingWrite, options }), expected);
      assert.equal(expected.code, 'ECONNRESET');
    });
  }

  it('is that of a request, whose head waits for the handshake', async () => {
    for (const number of [0, 40, 70, 112, 116]) {
      const { port } = await answeringWith(alertRecord(number));
      const expected = await failure(https.get({ host: HOST, port, agent: false }));
      const options = { host: HOST, port, path: null };
      const failed = { kind: 'alert', alert: number, version: null };
      assertSame(tlsFailure(failed, { pendingWrite: true, options }), expected);
    }
  });

  it('is Node’s for a server that offers an old version only', async () => {
    // A ServerHello of TLS 1.0.
    const hello = [3, 1, ...Buffer.alloc(32, 5), 0, 0xc0, 0x2b, 0];
    const { port } = await answeringWith(handshakeRecord(2, ...hello));
    const expected = await connectionFailure({ port });
    assertSame(tlsFailure({ kind: 'incompatible', alert: 0, version: null }), expected);
    assert.equal(expected.code, 'ERR_SSL_UNSUPPORTED_PROTOCOL');
  });

  it('is Node’s for a server that answers what was not asked', async () => {
    const extensions = [0xff, 1, 0, 1, 0, 0, 16, 0, 5, 0, 3, 2, 0x68, 0x32];
    const hello = [3, 3, ...Buffer.alloc(32, 5), 0, 0xc0, 0x2b, 0, 0, extensions.length];
    const { port } = await answeringWith(handshakeRecord(2, ...hello, ...extensions));
    const expected = await connectionFailure({ port });
    assertSame(tlsFailure({ kind: 'misbehaved', alert: 0, version: null }), expected);
  });

  it('is an error of OpenSSL for a false signature', () => {
    for (const version of [null, ...VERSIONS]) {
      const error = tlsFailure({ kind: 'badSignature', alert: 0, version });
      assert.match(error.code, /^ERR_SSL_\w*SIGNATURE\w*$/);
      assert.match(error.reason, /signature/);
      assert.match(error.message, /^[0-9A-F]+:error:[0-9A-F]{8}:.*:.*signature.*:.*:\d+:/);
    }
  });

  for (const version of VERSIONS) {
    const options = { minVersion: version, maxVersion: version };

    it(`is Node's for a spoilt record of ${version}`, async () => {
      const { client, server, wire } = await secured(options);
      wire.corrupt = true;
      server.write('never read');
      const [expected] = await once(client, 'error');
      client.destroy();
      assertSame(tlsFailure({ kind: 'badMac', alert: 0, version }), expected);
    });

    it(`is Node's for plain text within ${version}`, async () => {
      const { client, wire } = await secured(options);
      wire.say('HTTP/1.1 408 Request Timeout\r\n\r\n');
      const [expected] = await once(client, 'error');
      client.destroy();
      assertSame(tlsFailure({ kind: 'badRecord', alert: 0, version }), expected);
    });

    it(`is Node's for a record of ${version} that is too long`, async () => {
      const { client, wire } = await secured(options);
      wire.say(Buffer.from([23, 3, 3, RECORD_MAX >> 8, RECORD_MAX & 0xff]));
      const [expected] = await once(client, 'error');
      client.destroy();
      assertSame(tlsFailure({ kind: 'tooLong', alert: 0, version }), expected);
    });

    it(`is Node's for a client certificate that ${version} misses`, async () => {
      const { root } = await pki();
      const { port } = await serveTls({ ...options, ca: root.pem, requestCert: true });
      const client = tls.connect({ host: HOST, port, servername: 'localhost', ca: root.pem });
      client.resume();
      const [expected] = await once(client, 'error');
      client.destroy();
      const alert = version === 'TLSv1.3' ? 116 : Number(/number (\d+)/.exec(expected.message)[1]);
      assertSame(tlsFailure({ kind: 'alert', alert, version }), expected);
    });
  }

  it('is a new error each time, of one and the same content', () => {
    const failed = { kind: 'alert', alert: 40, version: null };
    const [first, second] = [tlsFailure(failed), tlsFailure(failed)];
    assert.notEqual(first, second);
    first.code = 'changed';
    assertSame(tlsFailure(failed), second);
  });

  it('leaves nothing behind', async () => {
    const turn = () => new Promise(setImmediate);
    // Not what a test has by itself: its time limit begins with its first pause.
    await turn();
    const before = process.getActiveResourcesInfo().sort();
    const error = tlsFailure({ kind: 'tooLong', alert: 0, version: null }, { pendingWrite: true });
    assert.equal(error.code, 'EPROTO');
    // The closing of its parts takes some turns of the loop.
    for (let i = 0; i < 10; i++) await turn();
    assert.deepEqual(process.getActiveResourcesInfo().sort(), before);
  });
});

describe('a failed handshake', () => {
  it('is tried again where the server may lack what rustls has', () => {
    for (const alert of [40, 47, 70, 71]) assert.equal(fallsBack({ kind: 'alert', alert }), true);
    for (const kind of ['incompatible', 'misbehaved', 'badSignature', 'clientCertificate']) {
      assert.equal(fallsBack({ kind }), true);
    }
  });

  it('is where the server has said nothing else, in whatever words', () => {
    for (const alert of [0, 20, 42, 80, 255]) {
      assert.equal(fallsBack({ kind: 'alert', alert, refused: true }), true);
    }
    assert.equal(fallsBack({ kind: 'eof', refused: true }), true);
  });

  it('is not where OpenSSL would fail too', () => {
    for (const alert of [0, 20, 42, 43, 44, 45, 46, 48, 49, 80, 112, 116, 120]) {
      assert.equal(fallsBack({ kind: 'alert', alert }), false);
    }
    for (const kind of [
      'eof',
      'notTls',
      'unexpectedMessage',
      'tooLong',
      'badMac',
      'legacyServer',
      'other',
    ]) {
      assert.equal(fallsBack({ kind }), false);
    }
  });

  it('is where the configuration of OpenSSL allows servers without secure renegotiation', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-openssl-'));
    const file = path.join(folder, 'openssl.cnf');
    fs.writeFileSync(
      file,
      'nodejs_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = all\n' +
        '[all]\nOptions = UnsafeLegacyServerConnect\n',
    );
    const script =
      "const { fallsBack } = require('./lib/tls/errors');" +
      "process.stdout.write(String(fallsBack({ kind: 'legacyServer' })))";
    const args = [`--openssl-config=${file}`, '-e', script];
    const options = { cwd: path.join(__dirname, '..'), encoding: 'utf8' };
    assert.equal(execFileSync(process.execPath, args, options), 'true');
    fs.rmSync(folder, { recursive: true });
  });
});
