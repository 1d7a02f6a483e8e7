'use strict';

// https: through an HTTP proxy, by Node's option proxyEnv.

const assert = require('node:assert/strict');
const net = require('node:net');
const {
  HttpsAgent,
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  total,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers, refusedPort, serve, serveRaw } = require('./support/server');
const { serveTls } = require('./support/tls-server');
const { sameAsNode } = require('./fixtures/https-outcome');

const knowsProxies =
  process.allowedNodeEnvironmentFlags.has('--use-env-proxy') ||
  Boolean(process.versions.deno || process.versions.bun);
const through = knowsProxies ? it : (title) => it(`${title} [this Node has no proxyEnv]`);

describe('HttpsAgent option proxyEnv', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // A proxy that notes what it is asked for; `reply` may refuse.
  async function serveProxy(reply = () => 'HTTP/1.1 200 Connection established\r\n\r\n') {
    const site = await serve();
    site.asked = [];
    site.server.on('connect', (req, socket, head) => {
      site.asked.push({ to: req.url, headers: req.headers });
      const text = reply(req, socket);
      if (text === undefined) return;
      if (!text.startsWith('HTTP/1.1 200')) {
        socket.end(text);
        return;
      }
      const [host, port] = req.url.split(':');
      const out = net.connect(Number(port), host, () => {
        socket.write(text);
        out.write(head);
        out.pipe(socket).pipe(out);
      });
      for (const [one, other] of [
        [out, socket],
        [socket, out],
      ]) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    return site;
  }

  const envOf = (proxy, more) => ({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, ...more });

  through('goes by CONNECT, and verifies the server behind it', async () => {
    const [site, proxy] = [await serveTls(), await serveProxy()];
    const agent = httpsAgentWith({ ca, proxyEnv: envOf(proxy) });
    const { body, socket } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(body, '1');
    assert.equal(socket.authorized, true);
    assert.equal(socket.encrypted, true);
    assert.deepEqual(
      proxy.asked.map(({ to }) => to),
      [`127.0.0.1:${site.port}`],
    );
    assert.equal(proxy.requests, 0);
    await closed(socket);
    assert.equal(agent.totalSocketCount, 0);
  });

  through('keeps the tunnel for the next request, and counts it as Node does', async () => {
    const site = await serveTls();
    const counted = [];
    for (const make of [httpsAgentWith, nodeAgentWith]) {
      const proxy = await serveProxy();
      const agent = make({ ca, proxyEnv: envOf(proxy), keepAlive: true });
      const sockets = new Set();
      const counts = [];
      for (let i = 0; i < 3; i++) {
        const req = getSecure({ port: site.port, agent });
        req.once('response', () => counts.push([total(agent.sockets), agent.totalSocketCount]));
        sockets.add((await answer(req)).socket);
        counts.push([total(agent.freeSockets), agent.totalSocketCount]);
      }
      counted.push({ counts, sockets: sockets.size, tunnels: proxy.asked.length });
    }
    assert.deepEqual(counted[0], counted[1]);
    assert.equal(counted[0].tunnels, 1);
    assert.equal(counted[0].sockets, 1);
  });

  through('serves requests that wait', async () => {
    const [site, proxy] = [await serveTls(), await serveProxy()];
    const agent = httpsAgentWith({
      ca,
      proxyEnv: envOf(proxy),
      keepAlive: true,
      maxSockets: 1,
    });
    const first = await answer(getSecure({ port: site.port, agent }));
    assert.equal(first.body, '1');
    const reqs = [1, 2, 3].map(() => getSecure({ port: site.port, agent }));
    assert.equal(total(agent.requests), 2);
    for (const { body } of await Promise.all(reqs.map(answer))) assert.equal(body, '1');
    assert.equal(proxy.asked.length, 1);
    assert.equal(agent.totalSocketCount, 1);
  });

  through('many at once have a tunnel each', async () => {
    const [site, proxy] = [await serveTls(), await serveProxy()];
    const agent = httpsAgentWith({ ca, proxyEnv: envOf(proxy) });
    const reqs = Array.from({ length: 5 }, () => getSecure({ port: site.port, agent }));
    for (const { socket } of await Promise.all(reqs.map(answer))) await closed(socket);
    assert.equal(proxy.asked.length, 5);
    assert.equal(site.handshakes, 5);
    assert.equal(agent.totalSocketCount, 0);
    assert.equal(total(agent.sockets), 0);
  });

  through('shows its credentials to the proxy alone', async () => {
    const site = await serveTls({}, (req, res) => {
      res.end(String(req.headers['proxy-authorization']));
    });
    const proxy = await serveProxy();
    const proxyEnv = { https_proxy: `http://me:secret@127.0.0.1:${proxy.port}` };
    const agent = httpsAgentWith({ ca, proxyEnv, keepAlive: true });
    const { body } = await answer(getSecure({ port: site.port, agent }));
    assert.equal(body, 'undefined');
    const [{ headers }] = proxy.asked;
    const basic = Buffer.from('me:secret').toString('base64');
    assert.equal(headers['proxy-authorization'], `Basic ${basic}`);
    assert.equal(headers['proxy-connection'], 'keep-alive');
  });

  through('goes past the proxy where NO_PROXY says so', async () => {
    const [site, proxy] = [await serveTls(), await serveProxy()];
    for (const [NO_PROXY, tunnels] of [
      ['127.0.0.1', 0],
      [`127.0.0.1:${site.port}`, 0],
      ['*', 0],
      ['127.0.0.2', 1],
    ]) {
      const agent = httpsAgentWith({ ca, proxyEnv: envOf(proxy, { NO_PROXY }) });
      proxy.asked.length = 0;
      await answer(getSecure({ port: site.port, agent }));
      assert.equal(proxy.asked.length, tunnels, NO_PROXY);
    }
  });

  through('without a proxy for https: is as if it were not there', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({
      ca,
      keepAlive: true,
      proxyEnv: { HTTP_PROXY: 'http://127.0.0.1:1' },
    });
    for (let i = 0; i < 2; i++) {
      assert.equal((await answer(getSecure({ port: site.port, agent }))).body, '1');
    }
  });

  through('that is no URL throws when the agent is made', () => {
    assert.throws(() => new HttpsAgent({ proxyEnv: { HTTPS_PROXY: 'http://[' } }), {
      code: 'ERR_PROXY_INVALID_CONFIG',
    });
  });

  describe('errors reach the request, as with Node’s agent:', () => {
    async function fails(site, options, expected) {
      const ended = await sameAsNode(site, options);
      assert.match(ended, expected);
      assert.equal(site.requests, 0);
    }

    through('a proxy that refuses', async () => {
      const site = await serveTls();
      const proxy = await serveProxy(() => 'HTTP/1.1 403 Forbidden\r\n\r\n');
      await fails(
        site,
        { ca, proxyEnv: envOf(proxy) },
        /^failed ERR_PROXY_TUNNEL: .*403 Forbidden$/,
      );
      const agent = httpsAgentWith({ ca, proxyEnv: envOf(proxy) });
      const error = await failure(getSecure({ port: site.port, agent }));
      assert.equal(error.statusCode, 403);
      assert.equal(agent.totalSocketCount, 0);
    });

    through('a proxy that is not there', async () => {
      const port = await refusedPort();
      await fails(await serveTls(), { ca, proxyEnv: envOf({ port }) }, /^failed ECONNREFUSED: /);
    });

    through('a proxy that hangs up', async () => {
      const proxy = await serveProxy((_req, socket) => void socket.end());
      await fails(await serveTls(), { ca, proxyEnv: envOf(proxy) }, /^failed ERR_PROXY_TUNNEL: /);
    });

    through('a proxy that resets', async () => {
      const proxy = await serveProxy((_req, socket) => void socket.resetAndDestroy());
      await fails(await serveTls(), { ca, proxyEnv: envOf(proxy) }, /^failed ECONNRESET: /);
    });

    through('a proxy that does not answer in time', async () => {
      const proxy = await serveProxy(() => undefined);
      await fails(
        await serveTls(),
        { ca, proxyEnv: envOf(proxy), request: { timeout: 50 } },
        /^failed ERR_PROXY_TUNNEL: .* timed out after 50ms$/,
      );
    });

    through('a proxy that answers something else', async () => {
      const proxy = await serveRaw((socket) => socket.write('220 mail.example ESMTP\r\n\r\n'));
      await fails(await serveTls(), { ca, proxyEnv: envOf(proxy) }, /^failed ERR_PROXY_TUNNEL: /);
    });

    through('a server behind the proxy that is not trusted', async () => {
      const proxy = await serveProxy();
      await fails(
        await serveTls(),
        { proxyEnv: envOf(proxy) },
        /^failed UNABLE_TO_GET_ISSUER_CERT_LOCALLY: /,
      );
    });

    through('a server behind the proxy of another name', async () => {
      const proxy = await serveProxy();
      await fails(
        await serveTls(),
        { ca, proxyEnv: envOf(proxy), servername: 'other.example' },
        /^failed ERR_TLS_CERT_ALTNAME_INVALID: /,
      );
    });
  });
});
