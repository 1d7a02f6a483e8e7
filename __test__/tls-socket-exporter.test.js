'use strict';

// Keying material for a protocol above TLS: both ends must have the same.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const { dispose, getSecure, httpsAgentWith, nodeAgentWith } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const LABEL = 'EXPORTER-oxagent-test';

const HEADER = 5;
const HANDSHAKE = 22;
const HELLO_PIECES = 15;

const WRONG = [
  [],
  [-1, LABEL],
  [0, LABEL],
  [1.5, LABEL],
  ['32', LABEL],
  [2 ** 32, LABEL],
  [32],
  [32, null],
  [32, 7],
  [32, Buffer.from(LABEL)],
  [32, LABEL, null],
  [32, LABEL, 'text'],
  [32, LABEL, 7],
];

// A script that sends a server's first records in pieces of seven bytes. Those of its ServerHello
// come one by one, as far apart as it takes that the client reads each by itself.
function inSmallRecords() {
  const pieces = [];
  let isFirst = true;
  let sent = 0;
  const send = (client) => {
    const count = sent++ < HELLO_PIECES ? 1 : pieces.length;
    client.write(Buffer.concat(pieces.splice(0, count)));
    if (pieces.length > 0) setTimeout(send, 3, client);
  };
  return ({ type, bytes }, { client }) => {
    isFirst &&= type === HANDSHAKE;
    const waiting = pieces.length;
    client.setNoDelay(true);
    for (let at = HEADER; isFirst && at < bytes.length; at += 7) {
      const piece = bytes.subarray(at, at + 7);
      pieces.push(Buffer.from([HANDSHAKE, 3, 3, 0, piece.length, ...piece]));
    }
    if (!isFirst) pieces.push(bytes);
    if (waiting === 0) setImmediate(send, client);
    return null;
  };
}

describe("a TLS socket's exportKeyingMaterial", () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  function thrown(call) {
    try {
      call();
    } catch ({ name, code, message }) {
      return { name, code, message };
    }
    return 'nothing';
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      // Both ends of a connection that is in use.
      async function ends(agent, site) {
        const req = getSecure({ port: site.port, agent });
        const [res] = await once(req, 'response');
        return { res, socket: res.socket, far: site.far };
      }

      async function over({ res, socket }, site) {
        const gone = once(socket, 'close');
        site.end();
        res.resume();
        await gone;
      }

      async function serve() {
        const site = await serveTls({ maxVersion: version }, (req, res) => {
          site.far = req.socket;
          // The connection stays until the test has read the response to its end.
          res.write('begun');
          site.end = () => res.end();
        });
        return site;
      }

      it('gives what the server gives', async () => {
        const site = await serve();
        const { socket, far } = await ends(httpsAgentWith({ ca }), site);
        const seen = new Set();
        for (const [length, ...rest] of [
          [1, LABEL],
          [16, LABEL],
          [32, LABEL],
          [48, LABEL],
          [1000, LABEL],
          [32, 'EXPORTER-another-label'],
          [32, LABEL, Buffer.alloc(0)],
          [32, LABEL, Buffer.from('context')],
          [32, LABEL, Buffer.alloc(200, 1)],
          [32, LABEL, new Uint8Array(7)],
        ]) {
          const material = socket.exportKeyingMaterial(length, ...rest);
          assert.ok(Buffer.isBuffer(material));
          assert.equal(material.length, length);
          assert.deepEqual(material, far.exportKeyingMaterial(length, ...rest));
          seen.add(material.toString('hex'));
        }
        // With TLS 1.3 an empty context is none.
        assert.equal(seen.size, version === 'TLSv1.3' ? 9 : 10);
      });

      it('gives every connection its own', async () => {
        const site = await serve();
        const agent = httpsAgentWith({ ca });
        const seen = new Set();
        for (let i = 0; i < 3; i++) {
          const both = await ends(agent, site);
          const { socket, far } = both;
          const material = socket.exportKeyingMaterial(32, LABEL);
          assert.deepEqual(material, far.exportKeyingMaterial(32, LABEL));
          seen.add(material.toString('hex'));
          await over(both, site);
        }
        assert.equal(site.resumed, 2);
        assert.equal(seen.size, 3);
      });

      it('is the same where the server begins with many small records', async () => {
        const site = await serve();
        const middle = await between(site.port, { fromServer: inSmallRecords() });
        const agent = httpsAgentWith({ ca, keepAlive: true });
        const req = getSecure({ port: middle.port, agent });
        const [{ socket }] = await once(req, 'response');
        const material = socket.exportKeyingMaterial(32, LABEL);
        assert.deepEqual(material, site.far.exportKeyingMaterial(32, LABEL));
      });

      it('is possible from secureConnect on', async () => {
        const site = await serve();
        const req = getSecure({ port: site.port, agent: httpsAgentWith({ ca }) });
        const early = [];
        let material;
        req.once('socket', (socket) => {
          const ask = () => early.push(thrown(() => socket.exportKeyingMaterial(32, LABEL)).code);
          ask();
          socket.once('connect', ask);
          socket.once('secureConnect', () => {
            material = socket.exportKeyingMaterial(32, LABEL);
          });
        });
        await once(req, 'response');
        assert.deepEqual(early, ['ERR_TLS_INVALID_STATE', 'ERR_TLS_INVALID_STATE']);
        assert.deepEqual(material, site.far.exportKeyingMaterial(32, LABEL));
      });

      it('throws at wrong arguments what Node throws', async () => {
        const site = await serve();
        const node = await ends(nodeAgentWith({ ca }), site);
        const ours = await ends(httpsAgentWith({ ca }), site);
        for (const args of WRONG) {
          const expected = thrown(() => node.socket.exportKeyingMaterial(...args));
          assert.notEqual(expected, 'nothing');
          assert.deepEqual(
            thrown(() => ours.socket.exportKeyingMaterial(...args)),
            expected,
            JSON.stringify(args),
          );
        }
      });

      it('refuses a label that Node refuses', async () => {
        const site = await serve();
        // One that TLS uses itself, and one that is too long to be said.
        const label = version === 'TLSv1.2' ? 'client finished' : 'x'.repeat(1000);
        for (const agent of [nodeAgentWith({ ca }), httpsAgentWith({ ca })]) {
          const { socket } = await ends(agent, site);
          assert.throws(() => socket.exportKeyingMaterial(32, label));
        }
      });

      it('checks its arguments before its state, as Node does', async () => {
        const site = await serve();
        const early = async (agent) => {
          const req = getSecure({ port: site.port, agent });
          const [socket] = await once(req, 'socket');
          assert.equal(socket.secureConnecting, true);
          const seen = WRONG.map((args) => thrown(() => socket.exportKeyingMaterial(...args)));
          await once(req, 'response');
          return seen;
        };
        assert.deepEqual(await early(httpsAgentWith({ ca })), await early(nodeAgentWith({ ca })));
      });

      it('says nothing that is of use when the connection has gone', async () => {
        const site = await serve();
        const both = await ends(httpsAgentWith({ ca }), site);
        await over(both, site);
        const { socket } = both;
        assert.throws(() => socket.exportKeyingMaterial(32, LABEL));
      });
    });
  }
});
