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

// What `SITES` is to ./program/mocked.js: a plain and a secure site to be mocked, and two more.
async function startMockedSites() {
  const real = (req, res) => {
    req.resume();
    res.end(`real ${req.method} ${req.url}`);
  };
  const ca = (await pki()).root.pem;
  const pair = async () => {
    const { port } = await serve(real);
    const { port: securePort } = await serveTls({}, real);
    return [
      { secure: false, port, origin: `http://localhost:${port}` },
      { secure: true, port: securePort, origin: `https://localhost:${securePort}`, ca },
    ];
  };
  return { mocked: await pair(), passed: await pair() };
}

module.exports = { startMockedSites, startSites };
