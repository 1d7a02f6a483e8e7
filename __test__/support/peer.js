'use strict';

// The other end of a test: servers, agents and requests that the test need not clear up itself.
// Every file that uses them says `afterEach(cleanUp)`.

const { once } = require('node:events');
const net = require('node:net');
const { agentWith, dispose, request: nodeRequest } = require('./agent');
const { startServer } = require('./child');
const { Site, closeServers, refusedPort, serve } = require('./server');

const HOST = '127.0.0.1';
const undos = [];

function later(undo) {
  undos.push(undo);
}

async function cleanUp() {
  dispose();
  await closeServers();
  for (const undo of undos.splice(0).reverse()) await undo();
}

// A TCP server that never ends a connection by itself; `script(socket)` plays the HTTP by hand.
async function rawServer(script, where = { port: 0, host: HOST }) {
  const site = new Site(net.createServer({ allowHalfOpen: true, noDelay: true }, script));
  site.server.listen(where);
  await once(site.server, 'listening');
  later(() => site.close());
  return site;
}

// A raw server that answers each request head it sees with the same bytes.
function cannedServer(answer, after) {
  return rawServer((socket) => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      for (let at = seen.indexOf('\r\n\r\n'); at !== -1; at = seen.indexOf('\r\n\r\n')) {
        seen = seen.slice(at + 4);
        socket.write(answer);
        after?.(socket);
      }
    });
    socket.on('end', () => socket.end());
  });
}

// A request that the test drives itself; errors are the test's to expect.
function request(server, agent, options = {}) {
  const req = nodeRequest({ port: server.port, agent, ...options });
  gone(req);
  req.once('socket', gone);
  return req;
}

async function body(res) {
  const chunks = [];
  for await (const chunk of res) chunks.push(chunk);
  return Buffer.concat(chunks);
}

// A whole exchange: what came back, and over which socket.
async function exchange(server, agent, options = {}, payload = undefined) {
  const req = request(server, agent, options);
  const response = once(req, 'response');
  req.end(payload);
  const [res] = await response;
  const { socket } = res;
  const content = await body(res);
  return { req, res, socket, content, text: content.toString() };
}

// The socket of a request, as soon as it has one.
async function socketOf(req) {
  if (req.socket) return req.socket;
  const [socket] = await once(req, 'socket');
  return socket;
}

// Resolves once 'close' has been emitted, even if that was long ago: requests and their sockets
// are watched from the start, because `closed` may turn true before the event.
const closings = new WeakMap();

function gone(emitter) {
  if (!closings.has(emitter)) {
    closings.set(emitter, new Promise((done) => emitter.once('close', done)));
  }
  return closings.get(emitter);
}

// The error that an emitter ends in.
async function failure(emitter) {
  const [error] = await once(emitter, 'error');
  return error;
}

// A port of 127.0.0.2 on which a connect neither succeeds nor fails.
async function stuckServer(port = 0) {
  const server = await startServer('stuck-server.js', [port]);
  later(() => server.stop());
  const filled = Array.from({ length: server.backlog + 1 }, async () => {
    const filler = net.connect(server.port, '127.0.0.2');
    filler.on('error', () => {});
    later(() => filler.destroy());
    await once(filler, 'connect');
  });
  await Promise.all(filled);
  return { host: '127.0.0.2', port: server.port };
}

function signal() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  promise.give = resolve;
  return promise;
}

module.exports = {
  HOST,
  agentOf: agentWith,
  body,
  cannedServer,
  cleanUp,
  closedPort: refusedPort,
  exchange,
  failure,
  gone,
  httpServer: serve,
  later,
  rawServer,
  request,
  signal,
  socketOf,
  stuckServer,
};
