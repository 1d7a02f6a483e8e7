'use strict';

// What a program may ask of a TLS socket besides its facts, with the checks that Node makes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const {
  differs,
  dispose,
  failure,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
} = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const noop = () => {};

const WRONG = {
  renegotiate: [[], [null], ['text'], [{}, null], [{}, 'text'], [{}, 7]],
  setMaxSendFragment: [[], [null], ['512'], [1.5], [2 ** 31], [{}]],
  setServername: [[], [null], [7], [{}]],
};

describe('a method of a TLS socket', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  function outcome(call) {
    try {
      return { returned: call() };
    } catch ({ name, code, message }) {
      return { name, code, message };
    }
  }

  // The response has begun, and more of it comes when the test says so.
  async function begun(agent, version) {
    let far;
    const site = await serveTls({ maxVersion: version }, (_req, res) => {
      res.write('begun');
      far = res;
    });
    const req = getSecure({ port: site.port, agent });
    const [res] = await once(req, 'response');
    const finish = async () => {
      res.resume();
      far.end(' and done');
      await once(res, 'end');
    };
    return { req, res, socket: res.socket, finish };
  }

  const agents = () => [nodeAgentWith({ ca }), httpsAgentWith({ ca })];

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      for (const [method, wrong] of Object.entries(WRONG)) {
        it(`${method}() throws at wrong arguments what Node throws`, async () => {
          const seen = [];
          for (const agent of agents()) {
            const { socket, finish } = await begun(agent, version);
            seen.push(wrong.map((args) => outcome(() => socket[method](...args))));
            await finish();
          }
          assert.ok(seen[0].every(({ code }) => /^ERR_/.test(code)));
          assert.deepEqual(seen[1], seen[0]);
        });
      }

      differs('OpenSSL cuts what it sends into fragments')(
        'setMaxSendFragment() says that it has not been done',
        async () => {
          const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
          assert.equal(socket.setMaxSendFragment(512), false);
          await finish();
        },
      );

      differs('OpenSSL renegotiates')('renegotiate() calls back with an error', async () => {
        const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
        const turn = [];
        const error = await new Promise((resolve) => {
          const returned = socket.renegotiate({}, resolve);
          turn.push('returned');
          assert.equal(returned, false);
        });
        assert.deepEqual(turn, ['returned']);
        assert.equal(error.code, 'ERR_TLS_RENEGOTIATION_UNSUPPORTED');
        await finish();
      });

      it('disableRenegotiation() leaves the exchange alone', async () => {
        for (const agent of agents()) {
          const { socket, finish } = await begun(agent, version);
          assert.equal(socket.disableRenegotiation(), undefined);
          await finish();
        }
      });

      it('enableTrace() leaves the exchange alone', async () => {
        const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
        // Node would write the trace to the console of the test.
        if (socket.transport === 'rustls') socket.enableTrace();
        await finish();
      });

      it('address() is the local end', async () => {
        const seen = [];
        for (const agent of agents()) {
          const { socket, finish } = await begun(agent, version);
          const { port, ...rest } = socket.address();
          assert.equal(port, socket.localPort);
          seen.push(rest, socket.remoteAddress, socket.remoteFamily, socket.localAddress);
          assert.equal(typeof socket.remotePort, 'number');
          await finish();
        }
        assert.deepEqual(seen.slice(4), seen.slice(0, 4));
      });

      it('after the end throws or says nothing, and does no harm', async () => {
        const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
        const gone = socket.closed ? null : once(socket, 'close');
        await finish();
        await gone;
        assert.equal(socket.renegotiate({}, noop), undefined);
        for (const method of ['ref', 'unref', 'setNoDelay', 'setKeepAlive']) {
          assert.equal(socket[method](), socket, method);
        }
        assert.equal(socket.enableTrace?.() ?? null, null);
        assert.equal(socket.getProtocol(), null);
        assert.equal(socket.getCipher(), null);
        assert.equal(socket.getPeerCertificate(), null);
        assert.equal(socket.getCertificate(), null);
        assert.equal(socket.getPeerX509Certificate(), undefined);
        assert.equal(socket.getX509Certificate(), undefined);
        assert.equal(socket.getEphemeralKeyInfo(), null);
        assert.deepEqual(socket.address(), {});
      });

      it('resetAndDestroy() is for plain TCP alone', async () => {
        for (const agent of agents()) {
          const { socket, finish } = await begun(agent, version);
          assert.throws(() => socket.resetAndDestroy(), { code: 'ERR_INVALID_HANDLE_TYPE' });
          assert.equal(socket.destroyed, false);
          await finish();
        }
      });

      it('setNoDelay() and setKeepAlive() give the socket', async () => {
        const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
        assert.equal(socket.setNoDelay(true), socket);
        assert.equal(socket.setNoDelay(false), socket);
        assert.equal(socket.setKeepAlive(true, 1000), socket);
        assert.equal(socket.ref(), socket);
        await finish();
      });

      it('setTimeout() says when nothing has come', async () => {
        const { socket, finish } = await begun(httpsAgentWith({ ca }), version);
        assert.equal(socket.setTimeout(50), socket);
        assert.equal(socket.timeout, 50);
        await once(socket, 'timeout');
        assert.equal(socket.destroyed, false);
        socket.setTimeout(0);
        await finish();
      });

      it('setTimeout() that destroys ends the request with an error', async () => {
        const site = await serveTls({ maxVersion: version }, noop);
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        req.once('socket', (socket) => {
          socket.setTimeout(50, () => socket.destroy(new Error('too slow')));
        });
        assert.equal((await failure(req)).message, 'too slow');
      });
    });
  }
});
