'use strict';

// The demo's servers, one for HTTP and one for HTTPS, in a process of their own so that their work
// is not on the client's event loop. GET /slow answers after a while: long enough to look at the
// pool meanwhile.

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const { makeCertificate } = require('./certificate');

const SLOW_MS = 150;
const BODY = 'Hello from the demo server.\n';

let connections = 0;

function onRequest(req, res) {
  const answer = () => {
    res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': BODY.length });
    res.end(BODY);
  };
  if (req.url === '/slow') setTimeout(answer, SLOW_MS);
  else answer();
}

async function listen(server) {
  server.on('request', onRequest);
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

async function main() {
  const { cert, key } = await makeCertificate();
  const port = await listen(http.createServer());
  const securePort = await listen(https.createServer({ cert, key }));
  process.send({ port, securePort, ca: cert });
  // Every message asks for the number of connections so far, to both.
  process.on('message', () => process.send({ connections }));
}

// The demo is over, however it ended.
process.on('disconnect', () => process.exit());
main();
