'use strict';

// What the lines of Node do differently, each named by what it is.

const net = require('node:net');
const process = require('node:process');

const { NodeHttpAgent } = require('./agents');
const { hasOpenssl } = require('./runtime');

const major = Number(process.versions.node.split('.')[0]);

module.exports = {
  /** NODE_DEBUG tells of each new connection; in later lines, of those that fail. */
  tellsOpening: major < 22,

  /** NODE_DEBUG tells whether a proxy is used. */
  tellsProxy: `${NodeHttpAgent.prototype.createConnection}`.includes('should use proxy for'),

  /** 'net.client.socket' tells of the sockets that net.connect() makes, not of those of TLS. */
  tellsOfPlainAlone: net.connect.toString().includes('netClientSocketChannel'),

  /** getEphemeralKeyInfo() names groups with a post-quantum part. */
  namesHybrids: major >= 24,

  /**
   * getPeerCertificate() shows a key on any curve. In later lines it ends the process for one that
   * it does not know, and for a key that OpenSSL cannot read.
   */
  showsAnyKey: major < 24,

  /** Errors of a chain without a root advise --use-system-ca. */
  advisesSystemCa: hasOpenssl && major >= 24,
};
