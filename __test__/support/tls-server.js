'use strict';

// TLS servers on 127.0.0.1, closed by `closeServers()`. They use the common server certificate
// unless the test brings its own.

const { once } = require('node:events');
const https = require('node:https');
const tls = require('node:tls');
const { pki } = require('./certificates');
const { listen, numbered } = require('./server');

async function identity(options) {
  if (options.cert || options.key || options.pfx || options.secureContext) return options;
  const { server } = await pki();
  return { key: server.key, cert: server.chain, ...options };
}

// Ports that TLS servers of this run have had, the oldest first; few beside those that there are.
const had = new Set();
const HAD_MAX = 2048;

// oxagent remembers for minutes by its port which server only Node's TLS could serve: none that
// comes after it may be taken for it.
async function listenAnew(server, where) {
  const site = await listen(server, where);
  if (where) return site;
  while (had.has(site.port)) {
    server.close();
    await once(server, 'close');
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
  }
  had.add(site.port);
  if (had.size > HAD_MAX) had.delete(had.values().next().value);
  return site;
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
  const site = watch(await listenAnew(server, where));
  return site;
}

/** A TLS server for answers that no HTTPS server gives. */
async function serveRawTls(options = {}, onSecureSocket = () => {}) {
  const server = tls.createServer(await identity(options));
  const site = watch(await listenAnew(server));
  server.on('secureConnection', onSecureSocket);
  return site;
}

module.exports = { serveRawTls, serveTls };
