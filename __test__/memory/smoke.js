'use strict';

// A little of everything that crosses to Rust and back, for a run under valgrind: answers, uploads
// that are copied and lent, aborts, resets, parked connections, TLS, and a worker that ends. Prints
// 'done'.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { once } = require('node:events');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { Agent, HttpsAgent } = require('../..');
const { pki } = require('../support/certificates');
const { closeServers, serve } = require('../support/server');
const { serveTls } = require('../support/tls-server');

const SIZES = [0, 10, 40_000, 600_000];

const echo = (req, res) => {
  if (req.url === '/reset') req.socket.destroy();
  else req.pipe(res);
};

async function exchange(client, options, size) {
  const req = client.request({
    host: '127.0.0.1',
    servername: 'localhost',
    method: 'POST',
    ...options,
  });
  req.end(Buffer.alloc(size, 'x'));
  const [res] = await once(req, 'response');
  let length = 0;
  for await (const chunk of res) length += chunk.length;
  assert.equal(length, size);
}

async function failing(client, options, act) {
  const req = client.get({ host: '127.0.0.1', servername: 'localhost', ...options });
  act(req);
  await once(req, 'error');
}

async function everything(client, agent, port) {
  for (let i = 0; i < 3; i++) {
    await Promise.all(SIZES.map((size) => exchange(client, { port, agent }, size)));
  }
  await failing(client, { port, agent, path: '/reset' }, () => {});
  await failing(client, { port, agent }, (req) => setImmediate(() => req.destroy()));
  await failing(client, { port: 1, agent }, () => {});
  agent.destroy();
}

async function main() {
  const { port } = await serve(echo);
  await everything(http, new Agent({ keepAlive: true, maxSockets: 3 }), port);
  const worker = new Worker(__filename, { workerData: { port } });
  await once(worker, 'exit');
  const secure = await serveTls({}, echo);
  const ca = (await pki()).root.pem;
  await everything(https, new HttpsAgent({ ca, keepAlive: true, maxSockets: 3 }), secure.port);
  await closeServers();
  console.log(`done: ${path.basename(__filename)}`);
}

if (isMainThread) main();
else everything(http, new Agent({ keepAlive: true }), workerData.port);
