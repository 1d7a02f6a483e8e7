'use strict';

// A plain Node server in a process of its own, where there is no better one.

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const { serveParent } = require('../ipc');
const { makeCertificate } = require('./certificate');
const { SMALL_BODY, SMALL_BYTES } = require('./content');

const { secure, largeBytes = 0, delayMs = 0 } = JSON.parse(process.argv[2]);

const CHUNK = Buffer.alloc(64 * 1024, 'x');
// As many connections as the largest --at may all arrive in one go.
const BACKLOG = 4096;

let connections = 0;

function answerSmall(res) {
  res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': SMALL_BYTES });
  res.end(SMALL_BODY);
}

function answerLarge(res) {
  res.writeHead(200, { 'Content-Length': largeBytes });
  let left = largeBytes;
  const writeOn = () => {
    while (left > 0) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!res.write(chunk)) {
        res.once('drain', writeOn);
        return;
      }
    }
    res.end();
  };
  writeOn();
}

function sink(req, res) {
  const announced = Number(req.headers['content-length']);
  let received = 0;
  req.on('data', (chunk) => {
    received += chunk.length;
  });
  req.on('end', () => {
    // The client checks the status, and so the whole way of every byte.
    if (received === announced) answerSmall(res);
    else res.writeHead(400).end();
  });
}

// What was agreed on this connection: see parseNegotiated() in ../negotiated.js. Node does not tell
// a server the key exchange.
function answerNegotiated({ socket }, res) {
  const reused = socket.isSessionReused() ? 'r' : '.';
  res.end(`${socket.getProtocol()} ${socket.getCipher().name} - ${reused}`);
}

function answer(req, res) {
  if (req.url === '/sink') sink(req, res);
  else if (req.url === '/large') answerLarge(res);
  else if (req.url === '/delayed') setTimeout(answerSmall, delayMs, res);
  else if (req.url === '/negotiated') answerNegotiated(req, res);
  else answerSmall(res);
}

async function listen() {
  const certificate = secure ? await makeCertificate() : null;
  const server = secure ? https.createServer(certificate, answer) : http.createServer(answer);
  // No timeout of the server's may close a connection that the bench counts on.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1', BACKLOG);
  await once(server, 'listening');
  return { port: server.address().port, ca: certificate?.ca };
}

const listening = listen();
listening.catch(() => {}); // Told to the runner, by `ready`.

serveParent({
  async ready() {
    const name = secure ? 'Node https.Server' : 'Node http.Server';
    return { ...(await listening), name, version: process.version };
  },
  connections: () => connections,
  cpuMicros() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});
