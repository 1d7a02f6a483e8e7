'use strict';

// The server with hyper, hyper/, kept by this process: it asks and is answered over stdin
// and stdout, and ends with the former, however this process ends.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

const { cpuMicrosOf } = require('../cpu');
const { serveParent } = require('../ipc');
const { makeCertificate } = require('./certificate');
const { SMALL_BODY } = require('./content');

const { binary, secure, largeBytes = 0, delayMs = 0 } = JSON.parse(process.argv[2]);

const LOCK = path.join(__dirname, 'hyper', 'Cargo.lock');

let server;
let answers;

async function nextNumber() {
  const { value, done } = await answers.next();
  if (done) throw new Error('the process ended');
  return Number(value);
}

async function start() {
  const certificate = secure ? await makeCertificate() : null;
  server = spawn(binary, [String(largeBytes), String(delayMs), SMALL_BODY], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  answers = readline.createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  server.stdin.on('error', () => {}); // It has ended, which its stdout tells too.
  server.once('error', () => {}); // It was not started: likewise.
  const lines = certificate ? [certificate.cert.trim(), certificate.key.trim(), ''] : [''];
  for (const line of lines) server.stdin.write(`${line}\n`);
  return { port: await nextNumber(), ca: certificate?.ca };
}

function acceptedConnections() {
  server.stdin.write('\n');
  return nextNumber();
}

async function stop() {
  if (server === undefined || server.pid === undefined) return;
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.stdin.end();
  await ended;
}

function versions() {
  const lock = fs.readFileSync(LOCK, 'utf8');
  const versionOf = (crate) =>
    new RegExp(`^name = "${crate}"\\nversion = "(.*)"$`, 'm').exec(lock)?.[1] ?? 'unknown';
  const hyper = versionOf('hyper');
  return secure ? `${hyper} with rustls ${versionOf('rustls')}` : hyper;
}

const started = start();
started.catch(() => {}); // Told to the runner, by `ready`.

serveParent(
  {
    ready: async () => ({ ...(await started), name: 'hyper', version: versions() }),
    connections: acceptedConnections,
    cpuMicros: () => cpuMicrosOf(server.pid),
  },
  stop,
);
