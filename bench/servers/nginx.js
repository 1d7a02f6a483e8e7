'use strict';

// nginx with one worker, kept by this process: it writes a configuration of its own into a
// temporary directory, and stops nginx and removes the directory when the runner goes away, however
// that happens.

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');

const { cpuMicrosOf } = require('../cpu');
const { serveParent } = require('../ipc');
const { makeCertificate } = require('./certificate');
const { SMALL_BODY } = require('./content');

const { binary, secure, largeBytes = 0 } = JSON.parse(process.argv[2]);

const START_TRIES = 3;
const START_MS = 5000;

// One connection, kept: asking for the count must not change the count.
let statusAgent;
let directory;
let nginx;
let port;
let ca;
let worker;

async function makeSecure() {
  if (!secure) {
    statusAgent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    return;
  }
  const made = await makeCertificate();
  ca = made.ca;
  fs.writeFileSync(path.join(directory, 'cert.pem'), made.cert);
  fs.writeFileSync(path.join(directory, 'key.pem'), made.key, { mode: 0o600 });
  statusAgent = new https.Agent({ keepAlive: true, maxSockets: 1, ca, servername: 'localhost' });
}

function tlsDirectives() {
  if (!secure) return '';
  return `
    ssl_certificate ${directory}/cert.pem;
    ssl_certificate_key ${directory}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    # What was agreed on this connection: see parseNegotiated() in ../negotiated.js.
    location = /negotiated { return 200 "$ssl_protocol $ssl_cipher $ssl_curve $ssl_session_reused"; }
`;
}

function configuration() {
  return `
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  default_type text/plain;
  sendfile on;
  # Neither a count nor an age may end a connection in the middle of a window.
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  # The compiled-in paths need not be ours to write.
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    # All the connections of the largest --at may arrive in one go.
    listen 127.0.0.1:${port}${secure ? ' ssl' : ''} backlog=4096;
    root ${directory}/files;${tlsDirectives()}
    location = /small { return 200 "${SMALL_BODY}"; }
    location = /status { stub_status; }
    location = /worker { return 200 "$pid"; }
  }
}
`;
}

function makeFiles() {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-bench-'));
  // Started by root, nginx reads files as another user, who needs to get in.
  fs.chmodSync(directory, 0o755);
  fs.mkdirSync(path.join(directory, 'files'));
  if (largeBytes === 0) return;
  // Real blocks rather than a sparse file, so that the first transfer is like the others.
  const block = Buffer.alloc(1024 * 1024, 'x');
  const file = fs.openSync(path.join(directory, 'files', 'large'), 'w', 0o644);
  for (let left = largeBytes; left > 0; left -= block.length) {
    fs.writeSync(file, block, 0, Math.min(left, block.length));
  }
  fs.closeSync(file);
}

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: found } = probe.address();
  probe.close();
  await once(probe, 'close');
  return found;
}

function read(page) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: page, agent: statusAgent };
    const request = (secure ? https : http).get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

// The line after 'server accepts handled requests' holds the three counts in that order.
async function acceptedConnections() {
  const counts = /accepts handled requests[^\n]*\n\s*(\d+)/.exec(await read('/status'));
  if (!counts) throw new Error('nginx gives no connection count (stub_status)');
  return Number(counts[1]);
}

async function startOnce() {
  port = await freePort();
  fs.writeFileSync(path.join(directory, 'nginx.conf'), configuration());
  nginx = spawn(binary, ['-p', directory, '-c', path.join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  nginx.stderr.setEncoding('utf8').on('data', (text) => {
    complaint = (complaint + text).slice(-2000);
  });
  let failure = null;
  nginx.once('error', (error) => {
    failure = error;
  });
  const giveUpAt = Date.now() + START_MS;
  while (Date.now() < giveUpAt) {
    if (failure) throw failure;
    if (nginx.exitCode !== null) throw new Error(complaint.trim() || 'nginx ended at once');
    try {
      await acceptedConnections();
      return;
    } catch {
      await delay(25); // Not listening yet.
    }
  }
  throw new Error(`nginx did not answer: ${complaint.trim()}`);
}

async function start() {
  makeFiles();
  await makeSecure();
  for (let tries = 1; ; tries += 1) {
    try {
      await startOnce();
      return;
    } catch (error) {
      await stopNginx();
      // The free port may have been taken between our looking and nginx's binding.
      if (tries === START_TRIES || !/address already in use/i.test(error.message)) throw error;
    }
  }
}

async function stopNginx() {
  if (nginx === undefined || nginx.pid === undefined || nginx.exitCode !== null) return;
  const ended = once(nginx, 'exit');
  nginx.kill('SIGTERM');
  await ended;
}

function nginxVersion() {
  const said = spawnSync(binary, ['-v'], { encoding: 'utf8' }).stderr; // nginx/1.22.1, on stderr
  return /nginx\/(\S+)/.exec(said)?.[1] ?? 'unknown';
}

const started = start();
started.catch(() => {}); // Told to the runner, by `ready`.

// Ctrl-C reaches every process of the terminal; this one has to outlive it, to clean up.
process.on('SIGINT', () => {});

serveParent(
  {
    async ready() {
      await started;
      worker = Number(await read('/worker'));
      return { port, ca, name: 'nginx', version: nginxVersion() };
    },
    connections: acceptedConnections,
    cpuMicros: () => cpuMicrosOf(worker),
  },
  async () => {
    await started.catch(() => {});
    await stopNginx();
    if (directory) fs.rmSync(directory, { recursive: true, force: true });
  },
);
