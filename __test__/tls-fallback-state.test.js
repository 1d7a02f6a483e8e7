'use strict';

// What a program did to a socket before Node's transport took over holds for it afterwards.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const tls = require('node:tls');
const { pki } = require('./support/certificates');
const {
  answer,
  differs,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
const { kernelTimer } = require('./support/kernel');
const { closeServers } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveRawTls, serveTls } = require('./support/tls-server');

const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384' };
const KEEP_ALIVE_TIMER = 2;

describe('a socket that the other transport has taken over', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  // What a socket of the agent's says until it closes.
  async function life(agent, port, act) {
    const where = { host: '127.0.0.1', port, servername: 'localhost', ca };
    const socket = agent.createConnection(where);
    let error = null;
    socket.on('error', (err) => {
      error = err.code;
    });
    socket.resume();
    act(socket);
    // once() would give up at the error.
    const hadError = await new Promise((resolve) => socket.once('close', resolve));
    return { error, hadError, finished: socket.writableFinished };
  }

  for (const event of [null, 'connect']) {
    it(`ends if it was ended ${event ? `at '${event}'` : 'at once'}`, async () => {
      const site = await serveRawTls(CBC, (socket) => socket.resume());
      const act = (socket) => {
        if (event) socket.once(event, () => socket.end());
        else socket.end();
      };
      const node = await life(nodeAgentWith({ ca }), site.port, act);
      const ours = await life(httpsAgentWith({ ca }), site.port, act);
      assert.deepEqual(ours, node);
    });
  }

  it('ends at secureConnect after what was written', async () => {
    const site = await serveTls({ ...CBC, allowHalfOpen: true }, (_req, res) => {
      res.end('the response');
    });
    for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
      const req = getSecure({ port: site.port, agent });
      req.once('socket', (socket) => socket.once('secureConnect', () => socket.end()));
      assert.equal((await answer(req)).body, 'the response');
    }
  });

  it('closes when both sides have ended it', async () => {
    const site = await serveRawTls(CBC, (socket) => socket.resume().on('end', () => socket.end()));
    const act = (socket) => socket.once('secureConnect', () => socket.end('the last word'));
    const node = await life(nodeAgentWith({ ca }), site.port, act);
    const ours = await life(httpsAgentWith({ ca }), site.port, act);
    assert.deepEqual(ours, node);
    assert.deepEqual(ours, { error: null, hadError: false, finished: true });
  });

  it('closes when the server has ended it', async () => {
    const site = await serveRawTls(CBC, (socket) => socket.end('the last word'));
    const node = await life(nodeAgentWith({ ca }), site.port, () => {});
    const ours = await life(httpsAgentWith({ ca }), site.port, () => {});
    assert.deepEqual(ours, node);
    assert.deepEqual(ours, { error: null, hadError: false, finished: true });
  });

  it('probes as was asked for before', async function () {
    const site = await serveTls(CBC);
    const agent = httpsAgentWith({ ca });
    const req = getSecure({ port: site.port, agent });
    req.setSocketKeepAlive(true, 5000);
    const [socket] = await once(req, 'socket');
    await once(socket, 'secureConnect');
    const timer = kernelTimer(socket.localPort);
    if (timer === null) this.skip();
    assert.equal(timer, KEEP_ALIVE_TIMER);
    await answer(req);
  });

  it('sends at once if that was asked for before', async () => {
    const site = await serveTls(CBC);
    const asked = [];
    const original = net.Socket.prototype.setNoDelay;
    net.Socket.prototype.setNoDelay = function setNoDelay(enable) {
      if (this instanceof tls.TLSSocket) asked.push(enable);
      return original.call(this, enable);
    };
    try {
      const agent = httpsAgentWith({ ca, noDelay: false });
      const req = getSecure({ port: site.port, agent });
      req.setNoDelay(true);
      await answer(req);
      assert.ok(asked.includes(true));
    } finally {
      net.Socket.prototype.setNoDelay = original;
    }
  });

  differs('it has no second connection')(
    'fails where that throws, and leaves nothing',
    async () => {
      const site = await serveTls(CBC);
      const agent = httpsAgentWith({ ca, keepAlive: true });
      const req = getSecure({ port: site.port, agent });
      const failed = failure(req);
      const original = tls.connect;
      const [socket] = await once(req, 'socket');
      await once(socket, 'connect');
      tls.connect = () => {
        throw new Error('not now');
      };
      try {
        assert.equal((await failed).message, 'not now');
      } finally {
        tls.connect = original;
      }
      assertIdle(agent);
    },
  );

  it('carries TLS within, after a CONNECT', async () => {
    const inner = await serveTls();
    const site = await serveTls(CBC);
    site.server.on('connect', (req, socket) => {
      const out = net.connect(Number(req.url.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        out.pipe(socket).pipe(out);
      });
      out.on('error', () => socket.destroy());
      socket.on('close', () => out.destroy());
    });
    const req = requestSecure({
      port: site.port,
      agent: httpsAgentWith({ ca }),
      method: 'CONNECT',
      path: `127.0.0.1:${inner.port}`,
    });
    req.end();
    const [, socket] = await once(req, 'connect');
    if (!stock) assert.equal(socket.transport, 'node');
    assert.equal(socket.bufferSize, 0);
    const within = tls.connect({ socket, ca, servername: 'localhost' });
    await once(within, 'secureConnect');
    within.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [head] = await once(within, 'data');
    assert.match(head.toString(), /^HTTP\/1.1 200/);
    within.destroy();
    await once(socket, 'close');
  });

  it('cannot be reset, which is for plain TCP', async () => {
    const site = await serveRawTls(CBC, (socket) => socket.resume());
    const where = { host: '127.0.0.1', port: site.port, servername: 'localhost', ca };
    for (const agent of [nodeAgentWith(), httpsAgentWith()]) {
      const socket = agent.createConnection(where);
      await once(socket, 'secureConnect');
      assert.throws(() => socket.resetAndDestroy(), { code: 'ERR_INVALID_HANDLE_TYPE' });
      socket.destroy();
      await once(socket, 'close');
    }
  });
});
