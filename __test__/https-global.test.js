'use strict';

const assert = require('node:assert/strict');
const https = require('node:https');
const {
  HttpsAgent,
  answer,
  closed,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  total,
  tracked,
} = require('./support/https-agent');
const { pki } = require('./support/certificates');
const { closeServers, refusedPort } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('HttpsAgent as https.globalAgent', () => {
  const before = https.globalAgent;
  afterEach(() => {
    https.globalAgent = before;
  });
  afterEach(dispose);
  afterEach(closeServers);

  it('serves requests that name no agent', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true, ca: root.pem });
    https.globalAgent = agent;
    for (const given of [undefined, null]) {
      const req = getSecure({ port: site.port, agent: given });
      assert.equal(req.agent, agent);
      await answer(req);
    }
    assert.equal(site.connections, 1);
    assert.equal(total(agent.freeSockets), 1);
  });

  it('serves a URL, with options beside it', async () => {
    const site = await serveTls({}, (req, res) => res.end(req.headers.host));
    const { root } = await pki();
    https.globalAgent = httpsAgentWith({ keepAlive: true });
    const url = `https://localhost:${site.port}/path`;
    for (const given of [url, new URL(url)]) {
      const lookup = (_name, options, callback) =>
        options.all
          ? callback(null, [{ address: '127.0.0.1', family: 4 }])
          : callback(null, '127.0.0.1', 4);
      const req = https.get(given, { ca: root.pem, lookup });
      assert.equal((await answer(req)).body, `localhost:${site.port}`);
    }
    assert.equal(site.connections, 1);
  });

  it('takes the CA from a request, and refuses where none is given', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ keepAlive: true });
    https.globalAgent = agent;
    assert.equal((await answer(getSecure({ port: site.port, ca: root.pem }))).body, '1');
    const error = await failure(getSecure({ port: site.port }));
    assert.equal(error.code, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    assert.equal(site.requests, 1);
    assert.equal(total(agent.freeSockets), 1);
  });

  it('gives its defaultPort to such requests', async () => {
    const port = await refusedPort();
    const agent = httpsAgentWith();
    agent.defaultPort = port;
    https.globalAgent = agent;
    const error = await failure(getSecure({}));
    assert.equal(error.code, 'ECONNREFUSED');
    assert.equal(error.port, port);
  });

  it('with agent: false each request has an agent of that class to itself', async () => {
    const site = await serveTls();
    const { root } = await pki();
    const made = [];
    class Mine extends HttpsAgent {
      constructor(...args) {
        super(...args);
        made.push(this);
      }
    }
    const agent = tracked(new Mine({ keepAlive: true }));
    https.globalAgent = agent;
    const reqs = [1, 2].map(() => getSecure({ port: site.port, ca: root.pem, agent: false }));
    assert.equal(made.length, 3);
    for (const [i, req] of reqs.entries()) {
      assert.equal(req.agent, made[i + 1]);
      assert.equal(req.agent.keepAlive, false);
    }
    for (const { socket } of await Promise.all(reqs.map(answer))) await closed(socket);
    assert.equal(site.connections, 2);
    assert.equal(agent.totalSocketCount, 0);
  });
});
