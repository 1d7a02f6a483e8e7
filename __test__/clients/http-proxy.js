'use strict';

// How a program gives http-proxy an agent: a proxy before the URL's site.

const { once } = require('node:events');
const http = require('node:http');

module.exports = {
  load: () => require('http-proxy'),

  async request(httpProxy, url, { agents }) {
    const { origin, protocol, pathname } = new URL(url);
    const agent = protocol === 'https:' ? agents.https : agents.http;
    const proxy = httpProxy.createProxyServer({ target: origin, agent });
    const front = http.createServer((req, res) => proxy.web(req, res));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    // The proxy hands `Connection` on: what it is asked without keep-alive, it asks without.
    const own = new http.Agent({ keepAlive: true });
    const req = http.get({ port: front.address().port, path: pathname, agent: own });
    const [res] = await once(req, 'response');
    const chunks = [];
    for await (const chunk of res) chunks.push(chunk);
    own.destroy();
    front.close();
    return { status: res.statusCode, body: Buffer.concat(chunks) };
  },
};
