'use strict';

// OpenSSL's error for a TLS failure. Its messages name the thread, and the function, file and line
// that found the fault, and differ from one Node to the next. So they are not written down: a
// client of Node's own, connected to nothing but memory, is sent what a server with that fault would
// send, and the error it ends with is the one that Node reports. That takes about a millisecond,
// once for each failure.

const { Buffer } = require('node:buffer');
const { X509Certificate, createECDH } = require('node:crypto');
const { Duplex } = require('node:stream');
const tls = require('node:tls');

// Node's own, whatever a program puts in its place.
const { connect } = tls;

const Version = { TLS_1_0: 0x0301, TLS_1_2: 0x0303, TLS_1_3: 0x0304 };
const Content = { CHANGE_CIPHER_SPEC: 20, ALERT: 21, HANDSHAKE: 22, APPLICATION_DATA: 23 };
const Message = {
  SERVER_HELLO: 2,
  CERTIFICATE: 11,
  SERVER_KEY_EXCHANGE: 12,
  SERVER_HELLO_DONE: 14,
};
const Extension = {
  POINT_FORMATS: 11,
  ALPN: 16,
  EXTENDED_MASTER_SECRET: 23,
  VERSIONS: 43,
  KEY_SHARE: 51,
  RENEGOTIATION_INFO: 0xff01,
};
const Suite = {
  PSK_AES128_GCM_SHA256: 0x00a8,
  TLS_AES_128_GCM_SHA256: 0x1301,
  ECDHE_ECDSA_AES128_GCM_SHA256: 0xc02b,
};
const HANDSHAKE_FAILURE = 40;
const FATAL = 2;
const CURVE = 'prime256v1';
const CURVE_GROUP = 23;
const NAMED_CURVE = 3;
const ECDSA_SHA256 = 0x0403;
// The SEQUENCE of the INTEGERs 1 and 1: well formed, and nobody's signature.
const FALSE_SIGNATURE = Buffer.from('3006020101020101', 'hex');
const RANDOM_LENGTH = 32;
// What stands in a ClientHello before its session id: the headers of record and message, the
// version and the random.
const SESSION_ID_AT = 5 + 4 + 2 + RANDOM_LENGTH;

const TEXT = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
const NOISE = Buffer.alloc(64, 9);

function number(value, octets) {
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}

// A vector with its length before it (RFC 8446, 3.4).
function vector(octets, ...parts) {
  const body = Buffer.concat(parts);
  return Buffer.concat([number(body.length, octets), body]);
}

function record(type, ...parts) {
  return Buffer.concat([number(type, 1), number(Version.TLS_1_2, 2), vector(2, ...parts)]);
}

function message(type, ...parts) {
  return Buffer.concat([number(type, 1), vector(3, ...parts)]);
}

function extension(type, ...parts) {
  return Buffer.concat([number(type, 2), vector(2, ...parts)]);
}

function serverHello(
  { version = Version.TLS_1_2, suite, sessionId = Buffer.alloc(0) },
  extensions,
) {
  return message(
    Message.SERVER_HELLO,
    number(version, 2),
    Buffer.alloc(RANDOM_LENGTH, 1),
    vector(1, sessionId),
    number(suite, 2),
    // No compression.
    number(0, 1),
    vector(2, ...extensions),
  );
}

const renegotiationInfo = () => extension(Extension.RENEGOTIATION_INFO, vector(1));
const point = () => createECDH(CURVE).generateKeys();

// A TLS 1.3 server whose records are encrypted from here on; not even it knows the keys.
const secured13 = {
  options: { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
  flight: (hello) => {
    const start = SESSION_ID_AT + 1;
    const sessionId = hello.subarray(start, start + hello[SESSION_ID_AT]);
    const share = [number(CURVE_GROUP, 2), vector(2, point())];
    return record(
      Content.HANDSHAKE,
      serverHello({ suite: Suite.TLS_AES_128_GCM_SHA256, sessionId }, [
        extension(Extension.VERSIONS, number(Version.TLS_1_3, 2)),
        extension(Extension.KEY_SHARE, ...share),
      ]),
    );
  },
};

// The same in TLS 1.2. A shared key needs no certificate.
const secured12 = {
  options: {
    maxVersion: 'TLSv1.2',
    ciphers: 'PSK-AES128-GCM-SHA256',
    pskCallback: () => ({ psk: Buffer.alloc(16, 1), identity: 'oxagent' }),
  },
  flight: () =>
    Buffer.concat([
      record(
        Content.HANDSHAKE,
        serverHello({ suite: Suite.PSK_AES128_GCM_SHA256 }, [
          renegotiationInfo(),
          extension(Extension.EXTENDED_MASTER_SECRET),
        ]),
        message(Message.SERVER_HELLO_DONE),
      ),
      record(Content.CHANGE_CIPHER_SPEC, number(1, 1)),
    ]),
};

const unsecured = { options: {}, flight: () => Buffer.alloc(0) };

const SECURED = { 'TLSv1.2': secured12, 'TLSv1.3': secured13 };

// A certificate on CURVE. It convinces nobody, but a client that reads it expects a signature.
function anyCertificate() {
  for (const pem of tls.rootCertificates) {
    const { publicKey, raw } = new X509Certificate(pem);
    if (publicKey.asymmetricKeyDetails.namedCurve === CURVE) return raw;
  }
  return Buffer.alloc(0);
}

function falselySigned() {
  return record(
    Content.HANDSHAKE,
    serverHello({ suite: Suite.ECDHE_ECDSA_AES128_GCM_SHA256 }, [
      renegotiationInfo(),
      extension(Extension.POINT_FORMATS, vector(1, number(0, 1))),
    ]),
    message(Message.CERTIFICATE, vector(3, vector(3, anyCertificate()))),
    message(
      Message.SERVER_KEY_EXCHANGE,
      number(NAMED_CURVE, 1),
      number(CURVE_GROUP, 2),
      vector(1, point()),
      number(ECDSA_SHA256, 2),
      vector(2, FALSE_SIGNATURE),
    ),
    message(Message.SERVER_HELLO_DONE),
  );
}

// What a server with the fault sends: after `before`, the bytes that `fault` gives.
const SCRIPTS = {
  alert: ({ alert }) => ({
    fault: () => record(Content.ALERT, number(FATAL, 1), number(alert, 1)),
  }),
  notTls: () => ({ fault: () => TEXT }),
  unexpectedMessage: () => ({
    fault: () => record(Content.HANDSHAKE, message(Message.CERTIFICATE, NOISE)),
  }),
  lengthMismatch: () => ({
    fault: () => record(Content.HANDSHAKE, message(Message.SERVER_HELLO, number(0, 2))),
  }),
  tooLong: ({ version }) => ({
    before: SECURED[version],
    fault: () => {
      const type = version ? Content.APPLICATION_DATA : Content.HANDSHAKE;
      return Buffer.concat([number(type, 1), number(Version.TLS_1_2, 2), number(0xffff, 2)]);
    },
  }),
  badMac: ({ version }) => ({
    before: SECURED[version] ?? secured13,
    fault: () =>
      record(version === 'TLSv1.2' ? Content.HANDSHAKE : Content.APPLICATION_DATA, NOISE),
  }),
  badType: ({ version }) => ({
    before: SECURED[version],
    fault: () => record(Content.ALERT, number(FATAL, 1), number(HANDSHAKE_FAILURE, 1)),
  }),
  badRecord: ({ version }) => ({ before: SECURED[version], fault: () => TEXT }),
  // Nothing in common: most often that is the protocol's version.
  incompatible: () => ({
    fault: () =>
      record(
        Content.HANDSHAKE,
        serverHello({ version: Version.TLS_1_0, suite: Suite.ECDHE_ECDSA_AES128_GCM_SHA256 }, []),
      ),
  }),
  // Of the many ways to break the protocol, an answer to what was not asked stands for all.
  misbehaved: () => ({
    fault: () =>
      record(
        Content.HANDSHAKE,
        serverHello({ suite: Suite.ECDHE_ECDSA_AES128_GCM_SHA256 }, [
          renegotiationInfo(),
          extension(Extension.ALPN, vector(2, vector(1, Buffer.from('h2')))),
        ]),
      ),
  }),
  badSignature: () => ({ fault: falselySigned }),
  legacyServer: () => ({
    fault: () =>
      record(
        Content.HANDSHAKE,
        serverHello({ suite: Suite.ECDHE_ECDSA_AES128_GCM_SHA256 }, [
          extension(Extension.POINT_FORMATS, vector(1, number(0, 1))),
        ]),
      ),
  }),
};
// What rustls has no name for either is something that does not belong there.
SCRIPTS.other = SCRIPTS.unexpectedMessage;

class Wire extends Duplex {
  written = [];

  _read() {}

  _write(chunk, _encoding, done) {
    this.written.push(chunk);
    done();
  }
}

/**
 * The error of a Node client whose server fails so, or null where Node sees no fault. With
 * `pendingWrite` the client has something to send once the handshake is done.
 */
function opensslError(failure, pendingWrite) {
  const { before = unsecured, fault } = SCRIPTS[failure.kind](failure);
  const wire = new Wire();
  const client = connect({
    socket: wire,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    ecdhCurve: CURVE,
    // The process's own roots would be read for nothing.
    ca: [],
    ...before.options,
  });
  client.on('error', () => {});
  if (pendingWrite) client.write(TEXT);
  // The hello is written, and what comes is read, within these calls: so the error is there at
  // once, for whoever must report it now.
  const flight = before.flight(Buffer.concat(wire.written));
  if (flight.length > 0) wire.emit('data', flight);
  wire.emit('data', fault());
  const { errored } = client;
  client.destroy();
  return errored;
}

module.exports = { opensslError };
