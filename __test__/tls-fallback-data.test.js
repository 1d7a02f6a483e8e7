'use strict';

// Over Node's transport, where it has taken over in the handshake, a response is whole however
// slowly it is read.

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const { dispose, getSecure, httpsAgentWith, stock } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveRawTls, serveTls } = require('./support/tls-server');

// What rustls does not have.
const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };

// Around what streams hold, in Node 20 and in later ones.
const SIZES = [1, 20_000, 34_000, 40_000, 48_000, 60_000, 70_000, 90_000, 100_000, 400_000];

describe('a response over the other transport', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // The server has ended the connection long before anything is read.
  async function readLate(site, agent, path) {
    const req = getSecure({ port: site.port, agent, path });
    const gone = new Promise((resolve) => req.on('close', resolve));
    const [res] = await once(req, 'response');
    if (!stock) assert.equal(req.socket.transport, 'node');
    await sleep(100);
    let length = 0;
    for await (const chunk of res) length += chunk.length;
    await gone;
    return length;
  }

  it('that ends with its connection is whole', async () => {
    const site = await serveTls(CBC, (req, res) => {
      res.setHeader('connection', 'close');
      res.end(Buffer.alloc(Number(req.url.slice(1))));
    });
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const lengths = SIZES.map((size) => readLate(site, agent, `/${size}`));
    assert.deepEqual(await Promise.all(lengths), SIZES);
  });

  it('that has no length but its end is whole', async () => {
    const site = await serveRawTls(CBC, (socket) => {
      socket.once('data', (head) => {
        const size = Number(/^GET \/(\d+)/.exec(head)[1]);
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.end(Buffer.alloc(size));
      });
    });
    const agent = httpsAgentWith({ ca });
    const lengths = SIZES.map((size) => readLate(site, agent, `/${size}`));
    assert.deepEqual(await Promise.all(lengths), SIZES);
  });

  it('that is cut is an error, and leaves nothing', async () => {
    const site = await serveTls(CBC, (_req, res) => {
      res.writeHead(200, { 'content-length': 1000 });
      res.write('begun', () => res.destroy());
    });
    const agent = httpsAgentWith({ ca, keepAlive: true });
    const req = getSecure({ port: site.port, agent });
    const over = new Promise((resolve) => req.on('close', resolve));
    const [res] = await once(req, 'response');
    res.resume();
    const [error] = await once(res, 'error');
    assert.equal(error.code, 'ECONNRESET');
    await over;
    if (!req.socket.closed) await once(req.socket, 'close');
    assertIdle(agent);
  });
});
