'use strict';

// OpenSSL's reading of TLS options. A client of Node's own, connected to nothing but memory, throws
// Node's own errors for bad options and writes its ClientHello at once: in it stands what the
// options, Node's defaults, its flags and OpenSSL's configuration come to.

const { Buffer } = require('node:buffer');
const { Duplex } = require('node:stream');
const tls = require('node:tls');

const { hasOpenssl } = require('../node/runtime');
const nodeTls = require('../node/tls');
const { hideHandles, startHandshake } = require('../node/tls-socket');
const { defaultHello } = require('./default-hello');

const HANDSHAKE_RECORD = 22;
const RECORD_HEADER = 5;
const CLIENT_HELLO = 1;
const RANDOM_OCTETS = 32;

const Extension = {
  GROUPS: 10,
  SIGNATURE_ALGORITHMS: 13,
  ALPN: 16,
  SESSION_TICKET: 35,
  VERSIONS: 43,
};

/**
 * What OpenSSL offers for these options of tls.connect(), as IANA numbers in its order, or null
 * where it offers nothing.
 */
function writtenHello(options) {
  const chunks = [];
  const wire = new Duplex({
    read() {},
    write(chunk, encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  let socket = null;
  let logsKeys = false;
  try {
    socket = connect({ ...options, socket: wire });
    hideHandles(socket);
    // OpenSSL's complaint that no version is left comes as an event.
    socket.on('error', () => {});
    logsKeys = socket.listenerCount('keylog') > 0;
  } finally {
    (socket ?? wire).destroy();
  }
  const hello = parse(Buffer.concat(chunks));
  return hello && { ...hello, logsKeys };
}

const connect = nodeTls.connect ?? connectByParts;

// What tls.connect() does of which a ClientHello comes, where a tracer has taken its place before
// Node's own could be had. It sees connections alone; Node tells of wrong options when it makes
// one.
function connectByParts(options) {
  const given = { ciphers: tls.DEFAULT_CIPHERS, ...options };
  const { ALPNProtocols, servername, socket, secureContext } = given;
  const client = new tls.TLSSocket(socket, {
    ALPNProtocols,
    isServer: false,
    rejectUnauthorized: given.rejectUnauthorized !== false,
    requestCert: true,
    secureContext: secureContext || tls.createSecureContext(given),
  });
  startHandshake(client, servername);
  return client;
}

// Walks over a message; its numbers are big-endian, its vectors have their length before them
// (RFC 8446, 3.4).
class Cursor {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get left() {
    return this.#bytes.length - this.#at;
  }

  take(octets) {
    if (octets > this.left) throw new RangeError('a ClientHello that ends early');
    this.#at += octets;
    return this.#bytes.subarray(this.#at - octets, this.#at);
  }

  number(octets) {
    return this.take(octets).readUIntBE(0, octets);
  }

  vector(octets) {
    return new Cursor(this.take(this.number(octets)));
  }

  all(read) {
    const items = [];
    while (this.left > 0) items.push(read(this));
    return items;
  }
}

function parse(bytes) {
  const message = new Cursor(firstMessage(bytes));
  if (message.left === 0 || message.number(1) !== CLIENT_HELLO) return null;
  const hello = message.vector(3);
  const version = hello.number(2);
  hello.take(RANDOM_OCTETS);
  hello.vector(1); // session id
  const suites = hello.vector(2).all(number16);
  hello.vector(1); // compression methods
  const extensions = new Map();
  if (hello.left > 0) {
    hello.vector(2).all((list) => extensions.set(list.number(2), list.vector(2)));
  }
  return {
    suites,
    groups: numbers(extensions.get(Extension.GROUPS), 2),
    schemes: numbers(extensions.get(Extension.SIGNATURE_ALGORITHMS), 2),
    // Without the extension, the highest version is all that is known.
    versions: extensions.has(Extension.VERSIONS)
      ? numbers(extensions.get(Extension.VERSIONS), 1)
      : [version],
    tickets: extensions.has(Extension.SESSION_TICKET),
    alpn: protocols(extensions.get(Extension.ALPN)),
  };
}

// A message may be spread over records; an alert instead gives nothing.
function firstMessage(bytes) {
  const parts = [];
  let at = 0;
  while (at + RECORD_HEADER <= bytes.length && bytes[at] === HANDSHAKE_RECORD) {
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + RECORD_HEADER, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function number16(cursor) {
  return cursor.number(2);
}

function numbers(extension, lengthOctets) {
  return extension === undefined ? [] : extension.vector(lengthOctets).all(number16);
}

function protocols(extension) {
  if (extension === undefined) return null;
  return extension.vector(2).all((list) => {
    const name = list.vector(1);
    return Buffer.from(name.take(name.left));
  });
}

module.exports = { clientHello: hasOpenssl ? writtenHello : defaultHello };
