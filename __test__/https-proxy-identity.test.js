'use strict';

// A request with a checkServerIdentity() of its own, through a proxy: its connection serves nobody
// else, and is not kept.

const assert = require('node:assert/strict');
const net = require('node:net');
const { pki } = require('./support/certificates');
const {
  answer,
  closed,
  dispose,
  getSecure,
  httpsAgentWith,
  stock,
  total,
} = require('./support/https-agent');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const knowsProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
const marksRequests = Number(process.versions.node.split('.')[0]) >= 22;
const through =
  knowsProxies && marksRequests ? it : (title) => it(`${title} [this Node has no such rule]`);

async function serveProxy() {
  const site = await serve();
  site.server.on('connect', (req, socket) => {
    const [host, port] = req.url.split(':');
    const out = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      out.pipe(socket).pipe(out);
    });
    out.on('error', () => socket.destroy());
    socket.on('error', () => out.destroy());
    socket.on('close', () => out.destroy());
  });
  return site;
}

describe('checkServerIdentity of a request through a proxy', () => {
  afterEach(dispose);
  afterEach(closeServers);

  through('leaves no connection behind', async () => {
    const [site, proxy, { root }] = [await serveTls(), await serveProxy(), await pki()];
    const proxyEnv = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const agent = httpsAgentWith({ ca: root.pem, keepAlive: true, proxyEnv });
    const checkServerIdentity = () => undefined;
    for (let i = 1; i <= 3; i++) {
      const made = await answer(getSecure({ port: site.port, agent, checkServerIdentity }));
      await closed(made.socket);
      assert.equal(total(agent.freeSockets), 0);
      assert.equal(site.connections, i);
    }
    const kept = await answer(getSecure({ port: site.port, agent }));
    assert.equal(total(agent.freeSockets), 1);
    if (!stock) assert.equal(kept.socket.transport, 'node');
    const again = await answer(getSecure({ port: site.port, agent }));
    assert.equal(again.socket, kept.socket);
  });
});
