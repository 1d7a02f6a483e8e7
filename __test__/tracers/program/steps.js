'use strict';

// The one program that every tracer is tried with: each step in a span of its own. Its listeners
// make spans too: their parents tell in which context they ran. Prints, as JSON, what the tracer
// has seen, what became of each request and which sockets were native.
//
// environment: TOOL, see ../start.js; AGENT, see ./classes.js; SITES, JSON of what ../sites.js serves

const { once } = require('node:events');
const tool = require('../start');
const { classesOf } = require('./classes');

const sites = JSON.parse(process.env.SITES ?? '{}');

// What a socket tells a listener: some of it marks the place.
const SOCKET_EVENTS = ['lookup', 'connect', 'secureConnect', 'ready'];

// What became of a request, when it has closed: by then its connection is free again or gone.
async function exchange(req) {
  const told = [];
  let native = null;
  req.on('socket', (socket) => {
    tool.mark(`on socket, ${req.reusedSocket ? 'used before' : 'new'}`);
    if (req.reusedSocket) return;
    for (const event of SOCKET_EVENTS) {
      socket.once(event, () => {
        told.push(event);
        tool.mark(`on ${event}`);
      });
    }
  });
  req.on('error', ({ code, message }) => {
    tool.mark('on error');
    told.push({ code, message });
  });
  req.on('response', (res) => {
    tool.mark('on response');
    native = res.socket._handle === null;
    res.on('error', ({ code, message }) => told.push({ code, message }));
    res.on('end', () => {
      tool.mark('on end');
      told.push(res.statusCode);
    });
    res.resume();
  });
  const closed = new Promise((resolve) => req.on('close', resolve));
  req.end();
  await closed;
  tool.mark('on close');
  // The connection is handed back within the turn.
  await new Promise(setImmediate);
  return { told, native };
}

const noSuchName = (hostname, _options, done) => {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  process.nextTick(done, Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
};

function stepsOf({ http, https }, { Agent, HttpsAgent }) {
  const { port, refused, securePort, ca, socketPath } = sites;
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const one = new Agent({ keepAlive: true, maxSockets: 1 });
  const fresh = new Agent({ keepAlive: false });
  const secure = new HttpsAgent({ keepAlive: true, ca });
  const distrusts = new HttpsAgent({ keepAlive: true });

  const plain = (options) => http.request({ host: 'localhost', port, agent, ...options });
  const overTls = (options) =>
    https.request({ host: 'localhost', port: securePort, agent: secure, ...options });

  return {
    agents: [agent, one, fresh, secure, distrusts],
    // Each in a span of its own.
    steps: {
      'a GET': () => plain({ path: '/a' }),
      'over the same connection': () => plain({ path: '/b?query=1' }),
      'by URL and options': () =>
        http.get(`http://localhost:${port}/c`, { agent, headers: { 'X-Of': 'me' } }),
      'a POST': () => {
        const req = plain({ method: 'POST', path: '/echo' });
        req.write('a body');
        return req;
      },
      'a status of an error': () => plain({ path: '/status/503' }),
      'by address, without keepAlive': () => plain({ host: '127.0.0.1', agent: fresh }),
      'a Unix socket': () => plain({ socketPath, agent: fresh, path: '/unix' }),
      'a GET over TLS': () => overTls({ path: '/d' }),
      'over the same TLS connection': () => overTls({ path: '/e' }),
      'a connection refused': () => plain({ host: '127.0.0.1', port: refused, agent: fresh }),
      'a TLS connection refused': () => overTls({ host: '127.0.0.1', port: refused }),
      'no such name': () => plain({ host: 'no.such.name', lookup: noSuchName, agent: fresh }),
      'a certificate not trusted': () => overTls({ agent: distrusts }),
      'a connection that breaks': () => plain({ path: '/break', agent: fresh }),
      'a body that breaks': () => plain({ path: '/half', agent: fresh }),
      'a request given up': () => {
        const req = plain({ path: '/never', agent: fresh });
        sentOver(req).then(() => req.destroy());
        return req;
      },
    },
    // Likewise, and in pairs at once.
    pairs: [
      {
        'the first of two at once': () => plain({ path: '/first' }),
        'the second of two at once': () => plain({ path: '/second' }),
      },
      {
        'one with a connection': () => plain({ path: '/before', agent: one }),
        'one that waits for it': () => plain({ path: '/behind', agent: one }),
      },
      {
        'the first of two over TLS': () => overTls({ path: '/first' }),
        'the second of two over TLS': () => overTls({ path: '/second' }),
      },
    ],
  };
}

async function sentOver(req) {
  const [socket] = await once(req, 'socket');
  if (socket.connecting) await once(socket, 'connect');
  await new Promise(setImmediate);
}

async function main(modules) {
  const classes = classesOf(modules);
  const { agents, steps, pairs } = stepsOf(modules, classes);
  const outcomes = {};
  const native = {};
  const take = async ([name, step]) => {
    const seen = await tool.run(name, () => exchange(step()));
    outcomes[name] = seen.told;
    if (seen.native !== null) native[name] = seen.native;
  };
  for (const step of Object.entries(steps)) await take(step);
  for (const pair of pairs) await Promise.all(Object.entries(pair).map(take));
  for (const agent of agents) agent.destroy();
  const spans = await tool.spans();
  process.send({ spans, outcomes, native }, () => process.exit());
}

module.exports = { main };
