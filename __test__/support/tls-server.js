'use strict';

// TLS servers on 127.0.0.1, closed by `closeServers()`. They use the common server certificate
// unless the test brings its own.

const https = require('node:https');
const tls = require('node:tls');
const { pki } = require('./certificates');
const { listen, numbered } = require('./server');

async function identity(options) {
  if (options.cert || options.key || options.pfx || options.secureContext) return options;
  const { server } = await pki();
  return { key: server.key, cert: server.chain, ...options };
}

// A server sees its TCP connections first; what becomes of their handshakes is counted apart.
function watch(site) {
  site.handshakes = 0;
  site.resumed = 0;
  site.clientErrors = [];
  site.server.on('secureConnection', (socket) => {
    site.handshakes++;
    // The sockets of Bun's HTTPS server do not tell.
    if (socket.isSessionReused?.()) site.resumed++;
    // Counts finished handshakes, so a connection that failed leaves no gap.
    socket.number = site.handshakes;
    socket.on('error', () => {});
  });
  site.server.on('tlsClientError', (error) => site.clientErrors.push(error));
  return site;
}

/** An HTTPS server; without a listener it answers with the number of the TLS connection. */
async function serveTls(options = {}, listener = numbered, where = undefined) {
  // No Keep-Alive header and no idle limit of the server's own, unless a test asks for one.
  const server = https.createServer(
    { keepAliveTimeout: 0, ...(await identity(options)) },
    (req, res) => {
      site.requests++;
      listener(req, res);
    },
  );
  const site = watch(await listen(server, where));
  return site;
}

/** A TLS server for answers that no HTTPS server gives. */
async function serveRawTls(options = {}, onSecureSocket = () => {}) {
  const server = tls.createServer(await identity(options));
  const site = watch(await listen(server));
  server.on('secureConnection', onSecureSocket);
  return site;
}

module.exports = { serveRawTls, serveTls };
