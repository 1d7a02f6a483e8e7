'use strict';

// Why a connection is Node's although no option of the program asks for what only Node has: what
// an error names it by where `transport: 'rustls'` forbids it, and so told apart from the options'
// names, which are reasons too.

const Cause = {
  REPLACED: 'a replaced net.connect()',
  PERMISSION: 'a process without the permission to use the network',
  TRACED: 'trace events',
  ADDRESS: 'an address of this kind',
  HOST: 'host',
  SERVER: 'this server',
  SECURE_CONTEXT: 'tls.createSecureContext',
  FIPS: 'FIPS mode',
  KEY_LOG: '--tls-keylog',
  KEY_LOG_FILE: 'SSLKEYLOGFILE',
  TRACE_TLS: '--trace-tls',
  OPENSSL_CA: '--use-openssl-ca',
  SYSTEM_CA: 'the system CA file that Node was built with',
  EXTRA_CA: 'NODE_EXTRA_CA_CERTS',
  DEFAULTS: 'the defaults of tls',
  DEFAULT_OFFER: 'the default versions, ciphers or curves',
  DEFAULT_VERSIONS: 'the default versions',
  DEFAULT_LEVEL: 'the default security level',
};

module.exports = { Cause };
