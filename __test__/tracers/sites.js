'use strict';

// The servers of the program, in the process of the tests: no span of theirs is among its own.

const { pki } = require('../support/certificates');
const { refusedPort, serve } = require('../support/server');
const { serveTls } = require('../support/tls-server');
const { freshPath } = require('../support/unix-path');

// By path; all else is answered with its path.
const ANSWERS = {
  '/echo': (req, res) => req.pipe(res),
  '/status/503': (_req, res) => res.writeHead(503).end('busy'),
  '/break': (req) => req.socket.destroy(),
  '/half': (req, res) => {
    res.writeHead(200, { 'Content-Length': 10 });
    res.write('half', () => req.socket.destroy());
  },
  '/never': () => {},
};

function answer(req, res) {
  const known = ANSWERS[req.url];
  if (known) return known(req, res);
  res.end(req.url);
}

// What `SITES` is to the program. `closeServers()` and `cleanUp()` end them.
async function startSites() {
  const plain = await serve(answer);
  const secure = await serveTls({}, answer);
  const socketPath = freshPath();
  await serve(answer, { path: socketPath });
  return {
    port: plain.port,
    securePort: secure.port,
    refused: await refusedPort(),
    socketPath,
    ca: (await pki()).root.pem,
  };
}

module.exports = { startSites };
