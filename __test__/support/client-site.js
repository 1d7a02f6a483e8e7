'use strict';

// A site for real clients, the same over HTTP and HTTPS, and an agent that trusts it.

const { setTimeout: pause } = require('node:timers/promises');
const { gzipSync } = require('node:zlib');
const { agentWith, total } = require('./agent');
const { digest, pattern } = require('./body');
const { pki } = require('./certificates');
const { httpsAgentWith } = require('./https-agent');
const { gone, numbered, refusedPort, serve } = require('./server');
const { serveTls } = require('./tls-server');

// How long the agent may take to come to rest, on a machine that does much else.
const PATIENCE_MS = 15_000;

const SCHEMES = ['http', 'https'];

// More than all buffers between a server and a slow reader hold.
const BIG = pattern(8 << 20);

// What the site answers, by path.
const PATHS = {
  '/number': (_, req, res) => numbered(req, res),

  '/big': (_, _req, res) => res.end(BIG),

  '/gzip'(_, _req, res) {
    res.setHeader('content-encoding', 'gzip');
    res.end(gzipSync('unpacked'));
  },

  /** To `to`, with the status `code`. */
  '/moved'(_, req, res, query) {
    req.resume();
    res.writeHead(Number(query.get('code')), { location: query.get('to') });
    res.end('moved');
  },

  /** What came, as JSON. */
  async '/digest'(_, req, res) {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ method: req.method, length: body.length, digest: digest(body) }));
  },

  /** Nobody is answered before `of` requests are there at once. */
  '/together'(site, req, res, query) {
    site.together.push(() => numbered(req, res));
    if (site.together.length < Number(query.get('of'))) return;
    for (const answer of site.together.splice(0)) answer();
  },

  /** The test answers, or does not: see `site.next()`. */
  '/held': (site, req, res) => site.hold({ req, res, closed: gone(req.socket) }),

  '/reset'(_, req) {
    if (req.socket.encrypted) req.socket.destroy();
    else req.socket.resetAndDestroy();
  },
};

/** A Site with a `url` and with the paths above. */
async function clientSite(scheme) {
  const listener = (req, res) => {
    const { pathname, searchParams } = new URL(req.url, site.url);
    PATHS[pathname](site, req, res, searchParams);
  };
  const site = scheme === 'https' ? await serveTls({}, listener) : await serve(listener);
  site.together = [];
  site.url = `${scheme}://127.0.0.1:${site.port}`;
  return site;
}

/** An agent for sites of a scheme; `dispose()` destroys it. */
async function clientAgent(scheme, options = { keepAlive: true }) {
  if (scheme === 'http') return agentWith(options);
  return httpsAgentWith({ ca: (await pki()).root.pem, ...options });
}

/** Where nobody listens. */
async function refusedUrl(scheme) {
  return `${scheme}://127.0.0.1:${await refusedPort()}/number`;
}

/** The idle sockets of an agent, as soon as there are so many and none is in use. */
async function idle(agent, count) {
  await until(agent, () => total(agent.sockets) === 0 && total(agent.freeSockets) === count);
  return Object.values(agent.freeSockets).flat();
}

/** Given once so many requests wait for a socket of the agent. */
async function queued(agent, count) {
  await until(agent, () => total(agent.requests) === count);
}

// No event says that a socket has left `sockets`, or a request `requests`.
async function until(agent, holds) {
  for (const end = Date.now() + PATIENCE_MS; !holds(); await pause(1)) {
    if (Date.now() < end) continue;
    const { sockets, freeSockets, requests } = agent;
    const [used, free, waiting] = [sockets, freeSockets, requests].map(total);
    throw new Error(`the agent has ${used} sockets in use, ${free} idle, ${waiting} requests`);
  }
}

module.exports = { BIG, SCHEMES, clientAgent, clientSite, idle, queued, refusedUrl };
