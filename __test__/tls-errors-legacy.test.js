'use strict';

// A TLS 1.2 server without secure renegotiation (RFC 5746) is refused, as by OpenSSL 3, unless
// SSL_OP_LEGACY_SERVER_CONNECT is among the options.

const assert = require('node:assert');
const { constants } = require('node:crypto');
const { once } = require('node:events');
const { pki } = require('./support/certificates');
const {
  differs,
  getSecure,
  httpsAgentWith,
  requestSecure,
  stock,
} = require('./support/https-agent');
const { cleanUp } = require('./support/peer');
const { assertIdle, fields, observe, sameFailure } = require('./support/tls-failure');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

const CODE = 'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED';
const RENEGOTIATION_INFO = Buffer.from('ff01000100', 'hex');
const ALERT = 21;

const { SSL_OP_LEGACY_SERVER_CONNECT } = constants;

// A ServerHello in a record of its own, with other bytes for the extension; what does not fit its
// lengths any more is set right.
function rewritten({ bytes }, bytesInPlace) {
  const at = bytes.indexOf(RENEGOTIATION_INFO);
  assert.ok(at > 0, 'the server knows secure renegotiation');
  const changed = Buffer.concat([
    bytes.subarray(0, at),
    bytesInPlace,
    bytes.subarray(at + RENEGOTIATION_INFO.length),
  ]);
  const grown = bytesInPlace.length - RENEGOTIATION_INFO.length;
  const extensionsAt = 5 + 4 + 2 + 32 + 1 + changed[5 + 4 + 2 + 32] + 2 + 1;
  for (const place of [3, 7, extensionsAt]) {
    changed.writeUInt16BE(changed.readUInt16BE(place) + grown, place);
  }
  return changed;
}

const WITHOUT = Buffer.alloc(0);
const OF_ANOTHER_CONNECTION = Buffer.concat([Buffer.from('ff01000d0c', 'hex'), Buffer.alloc(12)]);

describe('TLS errors: a server without secure renegotiation', () => {
  let ca;

  before(async () => {
    ca = (await pki()).root.pem;
  });

  afterEach(cleanUp);

  // `passes`: what follows the hello. Where nothing does, nothing is unread when the client closes, and
  // its alert arrives.
  async function changing(bytesInPlace, { passes = false } = {}) {
    const site = await serveTls({ maxVersion: 'TLSv1.2' });
    const middle = await between(site.port, {
      fromServer(record) {
        if (record.number === 0) return rewritten(record, bytesInPlace);
        return passes ? undefined : null;
      },
      fromClient({ type, bytes }) {
        if (type === ALERT) middle.alerts.push([...bytes.subarray(5)]);
      },
      serverEnded: (link) => link.end(),
    });
    middle.alerts = [];
    middle.site = site;
    return middle;
  }

  it('fails the request with the code of Node', async () => {
    const middle = await changing(WITHOUT);
    await sameFailure(middle.port, { ca }, { code: 'EPROTO' });
    const { seen } = await sameFailure(middle.port, { ca }, { code: CODE, start: requestSecure });
    assert.strictEqual(seen.error.reason, 'unsafe legacy renegotiation disabled');
    assert.strictEqual(middle.site.requests, 0);
    assert.strictEqual(middle.connections, 4);
  });

  it('tells the server, and has done with it', async () => {
    const middle = await changing(WITHOUT);
    const agent = httpsAgentWith({ ca });
    await observe(agent, { port: middle.port }, requestSecure);
    const [{ client }] = middle.links;
    if (!client.closed) await once(client, 'close');
    const fatalHandshakeFailure = [2, 40];
    assert.deepStrictEqual(middle.alerts, [fatalHandshakeFailure]);
    assert.strictEqual(middle.connections, 1);
    assertIdle(agent);
  });

  differs('it has one transport')("with transport: 'rustls' too", async () => {
    const middle = await changing(WITHOUT);
    const agent = httpsAgentWith({ ca, transport: 'rustls' });
    const { error } = await observe(agent, { port: middle.port }, requestSecure);
    assert.strictEqual(error.code, CODE);
    assertIdle(agent);
  });

  it('that speaks of a connection before is refused as with Node', async () => {
    const middle = await changing(OF_ANOTHER_CONNECTION);
    await sameFailure(middle.port, { ca }, { code: 'EPROTO' });
    await sameFailure(middle.port, { ca }, { start: requestSecure });
    assert.strictEqual(middle.site.requests, 0);
  });

  // Without the extension the two sides have not read the same, so that the handshake fails at its
  // end, and not at the hello.
  it('goes on with SSL_OP_LEGACY_SERVER_CONNECT', async () => {
    const middle = await changing(WITHOUT, { passes: true });
    const agentOptions = { ca, secureOptions: SSL_OP_LEGACY_SERVER_CONNECT };
    const { seen } = await sameFailure(middle.port, agentOptions, { start: requestSecure });
    assert.notStrictEqual(seen.error.code, CODE);
    assert.ok(middle.alerts.every(([, description]) => description !== 40));
    assert.strictEqual(middle.site.requests, 0);
  });

  it('does not matter in TLS 1.3', async () => {
    const site = await serveTls();
    const agent = httpsAgentWith({ ca });
    const seen = await observe(agent, { port: site.port });
    assert.strictEqual(seen.error && fields(seen.error), undefined);
    if (!stock) assert.strictEqual(seen.socket.transport, 'rustls');
  });

  it('a ServerHello in small records is read as well', async () => {
    const site = await serveTls({ maxVersion: 'TLSv1.2' });
    for (const strip of [true, false]) {
      const middle = await between(site.port, {
        fromServer(record) {
          if (record.number > 0) return undefined;
          const hello = strip ? rewritten(record, WITHOUT) : record.bytes;
          const parts = [];
          for (let at = 5; at < hello.length; at += 7) {
            const body = hello.subarray(at, at + 7);
            parts.push(Buffer.from([22, 3, 3, 0, body.length]), body);
          }
          return Buffer.concat(parts);
        },
        serverEnded: (link) => link.end(),
      });
      const agent = httpsAgentWith({ ca });
      const { error } = await observe(
        agent,
        { port: middle.port },
        strip ? requestSecure : getSecure,
      );
      assert.strictEqual(error?.code, strip ? CODE : undefined);
    }
  });
});
