'use strict';

// The part of TLS options that many connections share, read once for the same values.

const { constants, getFips } = require('node:crypto');
const tls = require('node:tls');
const { inspect } = require('node:util');

const { Cause } = require('../errors/node-causes');
const { clientCertificate } = require('./client-certificate');
const { clientHello } = require('./client-hello');
const { NodeOnly } = require('./node-only');
const { servedOffer } = require('./offer');
const { OptionCache } = require('./option-cache');
const { defaultList, defaultRoots, rootsFrom } = require('./roots');

const CONTEXTS_MAX = 100;

// The options that OpenSSL reads, or Node before it, and that the ClientHello or this module says
// all about. Those that only a server uses are here because Node refuses wrong ones.
const CONTEXT_OPTIONS = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'ciphers',
  'ecdhCurve',
  'sigalgs',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
  'honorCipherOrder',
  'ALPNProtocols',
  'minDHSize',
  'dhparam',
  'sessionIdContext',
  'sessionTimeout',
  'ticketKeys',
];

// The options that say what the ClientHello offers.
const OFFER_OPTIONS = [
  'ciphers',
  'ecdhCurve',
  'sigalgs',
  'minVersion',
  'maxVersion',
  'secureProtocol',
  'secureOptions',
];

// The bits of `secureOptions` that show in the ClientHello, or that change nothing for a client
// that never renegotiates and uses no CBC.
const SECURE_OPTIONS = [
  'SSL_OP_CIPHER_SERVER_PREFERENCE',
  'SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS',
  'SSL_OP_LEGACY_SERVER_CONNECT',
  'SSL_OP_NO_COMPRESSION',
  'SSL_OP_NO_ENCRYPT_THEN_MAC',
  'SSL_OP_NO_RENEGOTIATION',
  'SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION',
  'SSL_OP_NO_SSLv2',
  'SSL_OP_NO_SSLv3',
  'SSL_OP_NO_TICKET',
  'SSL_OP_NO_TLSv1',
  'SSL_OP_NO_TLSv1_1',
  'SSL_OP_NO_TLSv1_2',
  'SSL_OP_NO_TLSv1_3',
  'SSL_OP_SINGLE_DH_USE',
  'SSL_OP_SINGLE_ECDH_USE',
].reduce((bits, name) => bits | BigInt(constants[name] ?? 0), 0n);

// RFC 5746 came in 2010: OpenSSL 3 refuses servers that do not know it, unless it is told
// otherwise.
const LEGACY_SERVERS = BigInt(constants.SSL_OP_LEGACY_SERVER_CONNECT ?? 0);

const readings = new OptionCache(CONTEXTS_MAX);

// Its fields are private: a socket or an agent that holds it must not show them to util.inspect().
class Context {
  #roots;
  #offer;
  #certificate;

  constructor(roots, offer, certificate) {
    this.#roots = roots;
    this.#offer = offer;
    this.#certificate = certificate;
  }

  get roots() {
    return this.#roots;
  }

  get suites() {
    return this.#offer.suites;
  }

  get groups() {
    return this.#offer.groups;
  }

  get schemes() {
    return this.#offer.schemes;
  }

  get versions() {
    return this.#offer.versions;
  }

  /** Session tickets of TLS 1.2. */
  get tickets() {
    return this.#offer.tickets;
  }

  /** Whether a server of TLS 1.2 may do without secure renegotiation. */
  get legacyServers() {
    return this.#offer.legacyServers;
  }

  get certificate() {
    return this.#certificate;
  }

  // It can be asked to call getters.
  [inspect.custom]() {
    return 'Context {}';
  }
}

/**
 * { context, alpn } for these options of tls.connect(), or { nodeOnly }; the same object for the
 * same values. Throws Node's own errors for wrong ones.
 */
function readContext(options) {
  const values = valuesOf(options);
  let reading = readings.find(values);
  if (reading === undefined) {
    try {
      reading = Object.freeze(read(options));
    } catch (error) {
      if (!(error instanceof NodeOnly)) throw error;
      reading = Object.freeze({ nodeOnly: error.reason });
    }
    readings.keep(values, reading);
  }
  return reading;
}

function valuesOf(options) {
  const values = [
    tls.DEFAULT_CIPHERS,
    tls.DEFAULT_ECDH_CURVE,
    tls.DEFAULT_MIN_VERSION,
    tls.DEFAULT_MAX_VERSION,
    options.ca ? null : defaultList(),
    // An explicit undefined is an error.
    Object.hasOwn(options, 'minDHSize'),
  ];
  for (const name of CONTEXT_OPTIONS) values.push(options[name]);
  return values;
}

function read(options) {
  const asked = {};
  for (const name of CONTEXT_OPTIONS) {
    if (Object.hasOwn(options, name)) asked[name] = options[name];
  }
  // OpenSSL need not parse certificates for a ClientHello; wrong types are for Node to refuse.
  if ([options.ca || []].flat().every(isPem)) asked.ca = [];

  const hello = clientHello(asked);
  const offer = hello && servedOffer(hello);
  if (!offer) throw new NodeOnly(offerOptions(options));
  if (hello.logsKeys) throw new NodeOnly(Cause.KEY_LOG);
  if (getFips()) throw new NodeOnly(Cause.FIPS);
  const bits = BigInt.asUintN(64, BigInt(options.secureOptions || 0));
  if (bits & ~SECURE_OPTIONS) throw new NodeOnly('secureOptions');
  // From level 3 on OpenSSL offers no tickets, and asks more of certificates than webpki does.
  if (!hello.tickets && !clientHello({ ...asked, secureOptions: 0 })?.tickets) {
    throw new NodeOnly(options.ciphers ? 'the security level' : Cause.DEFAULT_LEVEL);
  }

  const roots = options.ca ? rootsFrom(options.ca) : defaultRoots();
  const certificate = clientCertificate(options, roots, hello.schemes);
  const { tickets, alpn } = hello;
  const legacyServers = (bits & LEGACY_SERVERS) !== 0n;
  return { context: new Context(roots, { ...offer, tickets, legacyServers }, certificate), alpn };
}

// Which of them it may be that leaves nothing for rustls: those that were given.
function offerOptions(options) {
  const given = OFFER_OPTIONS.filter((name) => options[name] !== undefined);
  return given.length > 0 ? given.join(', ') : Cause.DEFAULT_OFFER;
}

/** Whether the options say anything of what is offered. */
function namesOffer(options) {
  return OFFER_OPTIONS.some((name) => options[name] !== undefined);
}

function isPem(value) {
  return typeof value === 'string' || ArrayBuffer.isView(value);
}

module.exports = { CONTEXT_OPTIONS, namesOffer, readContext };
