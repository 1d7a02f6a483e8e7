'use strict';

// A proxy agent: a subclass of oxagent's Agent whose connections are tunnels through an HTTP proxy.
// It overrides createConnection() and answers later, by the callback. The pool does the rest: it
// counts a tunnel from the moment it is asked for, lets requests wait, and uses idle tunnels again.
//
// Run it: `node examples/proxy-agent.js`. The server and the proxy are its own, on this machine. It
// checks what it prints and ends non-zero when something is not so.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { Agent } = require('oxagent');

class ProxyAgent extends Agent {
  constructor(proxy, options) {
    super(options);
    this.proxy = proxy;
  }

  createConnection(options, callback) {
    const authority = `${options.host}:${options.port}`;
    const connect = http.request({
      ...this.proxy,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      agent: false,
    });
    connect.once('error', callback);
    connect.once('connect', (response, socket, head) => {
      connect.removeListener('error', callback);
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        callback(null, socket);
        return;
      }
      socket.destroy();
      const error = new Error(`the proxy answered ${response.statusCode} to CONNECT ${authority}`);
      callback(Object.assign(error, { code: 'ERR_PROXY_TUNNEL' }));
    });
    connect.end();
  }
}

async function main() {
  const origin = await startOrigin();
  const proxy = await startProxy();
  const agent = new ProxyAgent(
    { host: '127.0.0.1', port: proxy.port },
    { keepAlive: true, maxSockets: 2 },
  );
  const get = (path) => request({ host: '127.0.0.1', port: origin.port, path, agent });

  console.log('Four requests at once, two tunnels allowed (maxSockets: 2):');
  const together = ['/1', '/2', '/3', '/4'].map(get);
  console.log(`  right after the calls: ${count(agent.requests)} of the requests are queued`);
  assert.equal(count(agent.requests), 2, 'a tunnel is counted while it is being opened');
  const first = await Promise.all(together);
  for (const answer of first) print(answer);
  assert.deepEqual(first.map(bodyOf), ['hello /1', 'hello /2', 'hello /3', 'hello /4']);
  assert.equal(first.filter((answer) => answer.reused).length, 2);
  assert.equal(proxy.tunnels, 2);

  console.log('Two more, one after the other, over tunnels that are kept:');
  for (const path of ['/5', '/6']) {
    const answer = await get(path);
    print(answer);
    assert.equal(answer.body, `hello ${path}`);
    assert.equal(answer.reused, true);
  }
  assert.equal(proxy.tunnels, 2);
  assert.equal(origin.connections, 2);

  console.log('One to a host that the proxy refuses:');
  const refused = request({ host: 'forbidden.test', port: 80, path: '/', agent });
  await assert.rejects(refused, { code: 'ERR_PROXY_TUNNEL' });
  console.log(`  ${await refused.catch((error) => error.message)}`);

  console.log(`In all: 6 answers, ${proxy.tunnels} tunnels, ${count(agent.freeSockets)} idle now.`);
  assert.equal(count(agent.freeSockets), 2);
  assert.equal(count(agent.sockets), 0);
  assert.equal(count(agent.requests), 0);

  agent.destroy();
  origin.server.close();
  proxy.server.close();
}

// A queued request that gets a socket of another is not `reusedSocket` to Node: look at the socket.
const seen = new WeakSet();

function request(options) {
  return new Promise((resolve, reject) => {
    let reused;
    const outgoing = http.get(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        // The socket goes back to the pool in this tick; answer when it is there.
        setImmediate(resolve, { body, reused });
      });
    });
    outgoing.on('socket', (socket) => {
      reused = seen.has(socket);
      seen.add(socket);
    });
    outgoing.on('error', reject);
  });
}

async function startOrigin() {
  const origin = { connections: 0 };
  origin.server = http.createServer((incoming, response) => response.end(`hello ${incoming.url}`));
  origin.server.on('connection', () => origin.connections++);
  origin.port = await listen(origin.server);
  return origin;
}

/** A proxy that opens tunnels to this machine alone. */
async function startProxy() {
  const proxy = { tunnels: 0 };
  proxy.server = http.createServer();
  proxy.server.on('connect', (incoming, client, head) => {
    const { hostname, port } = new URL(`http://${incoming.url}`);
    if (hostname !== '127.0.0.1') {
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    proxy.tunnels++;
    const target = net.connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
    client.on('close', () => target.destroy());
  });
  proxy.port = await listen(proxy.server);
  return proxy;
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

function count(view) {
  return Object.values(view).reduce((sum, list) => sum + list.length, 0);
}

function bodyOf(answer) {
  return answer.body;
}

function print({ body, reused }) {
  console.log(`  ${body} (${reused ? 'a tunnel used before' : 'a new tunnel'})`);
}

main();
