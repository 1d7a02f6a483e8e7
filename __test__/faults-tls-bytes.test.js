'use strict';

// What a server says over TLS, cut or changed at one byte: in its handshake, its tickets, its
// answer and its close_notify. Each request says by its local address where.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const { dispose } = require('./support/agent');
const { certificate, pki } = require('./support/certificates');
const { SCHEMES, ending, endings, sameEndings, toldOfReset } = require('./support/ending');
const { closeServers, serveRaw } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const ANSWER = 'the answer';

const addressOf = (offset) => `127.1.${offset >> 8}.${offset & 255}`;
const offsetOf = (address) => {
  const [, , high, low] = address.split('.');
  return Number(high) * 256 + Number(low);
};

// The paths of the requests are offsets.
const scheme = {
  ...SCHEMES.https,
  get: (options) =>
    SCHEMES.https.get({ ...options, localAddress: addressOf(Number(options.path.slice(1))) }),
};

/**
 * A server in front of `port` that gives what comes from there to `change(bytes, from, offset)`,
 * where `from` counts the bytes that came before, and passes on what that answers.
 */
function serveChanged(port, change) {
  return serveRaw((client) => {
    // A reset must not take along what was written before it.
    client.setNoDelay();
    const offset = offsetOf(client.remoteAddress);
    const server = net.connect(port, '127.0.0.1');
    let from = 0;
    server.on('error', () => {});
    server.on('data', (bytes) => {
      if (client.writable) change(client, bytes, from, offset);
      from += bytes.length;
    });
    server.on('end', () => client.end());
    client.on('data', (bytes) => server.write(bytes));
    client.on('end', () => server.end());
    client.on('close', () => server.destroy());
  });
}

const cutBy = (cut) => (client, bytes, from, offset) => {
  const passed = bytes.subarray(0, Math.max(0, offset - from));
  client.write(passed, () => {
    if (passed.length < bytes.length) cut(client);
  });
};

const CUTS = {
  'the end of the connection': (client) => client.end(),
  'a reset': (client) => client.resetAndDestroy(),
};

function change(client, bytes, from, offset) {
  const at = offset - from;
  const isHere = at >= 0 && at < bytes.length;
  if (isHere) bytes[at] ^= 1;
  client.write(bytes);
  // A client may wait for more than ever comes.
  if (isHere) setTimeout(() => client.end(), 50);
}

// A changed byte that the client takes for what it was: of a record's head, which TLS 1.3 says is
// to be ignored, or which neither side authenticates.
const IGNORED_MAX = 0.05;

describe('one byte of a server over TLS', function () {
  this.timeout(120_000);
  afterEach(dispose);
  afterEach(closeServers);

  async function serveVersion(version) {
    const { intermediate } = await pki();
    // A signature of RSA has always the same length, and so has all that the server says.
    const { key, chain: cert } = await certificate({ issuer: intermediate, key: 'rsa' });
    const options = { key, cert, minVersion: version, maxVersion: version };
    return serveTls(options, (_req, res) => res.end(ANSWER));
  }

  // Some places in the handshake, and all of what follows it.
  async function placesOf(site) {
    let total = 0;
    const counting = await serveChanged(site.port, (client, bytes) => {
      total += bytes.length;
      client.write(bytes);
    });
    const closed = once(counting.server, 'connection').then(([socket]) => once(socket, 'close'));
    const [node] = await scheme.agents({ keepAlive: false });
    await ending(scheme.get({ port: counting.port, agent: node, path: '/0' }));
    await closed;
    return Array.from({ length: total }, (_, i) => i)
      .filter((i) => i % 12 === 0 || i > total - 130)
      .map((i) => `/${i}`);
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    for (const [how, cut] of Object.entries(CUTS)) {
      it(`is the last, by ${how}: the request ends as with Node's agent (${version})`, async () => {
        const site = await serveVersion(version);
        const paths = await placesOf(site);
        const { port } = await serveChanged(site.port, cutBy(cut));
        const seen = await sameEndings(scheme, port, paths, {
          agent: { keepAlive: false },
          told: how === 'a reset' ? toldOfReset : undefined,
        });
        assert.equal(seen[0].error.code, 'ECONNRESET');
        // The last byte is one of close_notify.
        assert.equal(seen.at(-1).error, undefined);
        assert.equal(seen.at(-1).body, ANSWER);
      });
    }

    it(`is changed: the request fails, or it has the very answer (${version})`, async () => {
      const site = await serveVersion(version);
      const paths = await placesOf(site);
      const { port } = await serveChanged(site.port, change);
      const [node, agent] = await scheme.agents({ keepAlive: false });
      const [expected, seen] = await Promise.all(
        [node, agent].map((agent) => endings(scheme, agent, port, paths)),
      );
      let ignored = 0;
      for (const path of paths) {
        const { error, broken, body, complete } = seen[path];
        const failed = error ?? broken;
        if (failed) {
          assert.match(failed.code, /^(EPROTO|ECONNRESET|ERR_SSL_.+)$/, path);
          assert.equal(body, '', path);
        } else {
          assert.equal(body, ANSWER, path);
          assert.equal(complete, true, path);
        }
        const nodeFailed = expected[path].error ?? expected[path].broken;
        if (nodeFailed && !failed) ignored++;
        else assert.equal(Boolean(failed), Boolean(nodeFailed), path);
      }
      assert.ok(ignored < paths.length * IGNORED_MAX, `${ignored} of ${paths.length} ignored`);
      assertIdle(agent);
    });
  }
});
