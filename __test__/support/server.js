'use strict';

// Servers on 127.0.0.1 that count what reaches them: a client that reconnects behind a test's
// back shows in `connections`.

const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');

const running = new Set();

// Ports that servers of this run have had, the oldest first; few beside those that there are.
const had = new Set();
const HAD_MAX = 2048;

class Site {
  connections = 0;
  requests = 0;
  sockets = new Set();
  closing = false;
  #arrived = [];
  #waiting = [];

  constructor(server) {
    this.server = server;
    server.on('connection', (socket) => {
      socket.number = ++this.connections;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      if (this.closing) socket.destroy();
    });
  }

  get port() {
    return this.server.address().port;
  }

  /** An exchange that nobody answers until `next()` has taken it. */
  hold(exchange) {
    const waiter = this.#waiting.shift();
    if (waiter) waiter(exchange);
    else this.#arrived.push(exchange);
  }

  /** The oldest unanswered exchange, as soon as there is one. */
  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many exchanges have arrived and wait for `next()`. */
  get pending() {
    return this.#arrived.length;
  }

  async close() {
    running.delete(this);
    this.closing = true;
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

async function listen(server, where) {
  const site = new Site(server);
  running.add(site);
  if (where) {
    server.listen(where);
    await once(server, 'listening');
  } else {
    await listenAnew(server);
  }
  return site;
}

// oxagent remembers for minutes by its port which TLS has served a server: none that comes after it
// may be taken for it.
async function listenAnew(server) {
  const listening = () => {
    server.listen({ port: 0, host: '127.0.0.1' });
    return once(server, 'listening');
  };
  await listening();
  while (had.has(server.address().port)) {
    server.close();
    await once(server, 'close');
    await listening();
  }
  had.add(server.address().port);
  if (had.size > HAD_MAX) had.delete(had.values().next().value);
}

/** An HTTP server; without a listener it answers with the number of the connection. */
async function serve(listener = numbered, where = undefined) {
  // No Keep-Alive header and no idle limit of the server's own, unless a test asks for one.
  const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
    site.requests++;
    listener(req, res);
  });
  const site = await listen(server, where);
  return site;
}

function numbered(req, res) {
  req.resume();
  res.end(String(req.socket.number));
}

/** An HTTP server whose requests wait for the test: `const { req, res } = await site.next()`. */
async function serveHeld(where) {
  const site = await serve((req, res) => site.hold({ req, res }), where);
  return site;
}

/** A plain TCP server for answers that no HTTP server gives. */
async function serveRaw(onConnection, where) {
  return listen(net.createServer(onConnection), where);
}

/** A port of 127.0.0.1 that refuses connections. */
async function refusedPort() {
  const site = await serveRaw(() => {});
  const { port } = site;
  await site.close();
  return port;
}

/** Given when a server's socket has closed, by a reset or otherwise. */
function gone(socket) {
  return new Promise((resolve) => socket.once('close', resolve));
}

async function closeServers() {
  await Promise.all([...running].map((site) => site.close()));
}

module.exports = {
  Site,
  closeServers,
  gone,
  listen,
  numbered,
  refusedPort,
  serve,
  serveHeld,
  serveRaw,
};
