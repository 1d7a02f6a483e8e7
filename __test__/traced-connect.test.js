'use strict';

// Under a tracer, which wraps Node's connecting: everything that it and the program can see is as
// with Node's agent, and the sockets are native all the same.

const assert = require('node:assert/strict');
const { mkdtempSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const process = require('node:process');
const { stock } = require('./support/agent');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');

const nodeMajor = Number(process.versions.node.split('.')[0]);

const PLAIN = ['prototype', 'module', 'lookup'];
const SECURE = ['prototype', 'tls', 'lookup'];

// [scheme, what is wrapped, when]. The http.Agent of Node 20 has net.createConnection() from before
// anybody could wrap it.
const SCENES = [
  ['http', ['prototype'], 'before'],
  ['http', ['prototype'], 'after'],
  ['http', ['prototype'], 'between'],
  ...(nodeMajor < 22
    ? []
    : [
        ['http', ['module'], 'after'],
        ['http', PLAIN, 'before'],
        ['http', PLAIN, 'between'],
      ]),
  ['https', ['prototype'], 'after'],
  ['https', ['tls'], 'before'],
  ['https', ['tls'], 'after'],
  ['https', SECURE, 'before'],
  ['https', SECURE, 'between'],
];

const NAMES = {
  prototype: 'net.Socket.prototype.connect',
  module: 'net.connect and net.createConnection',
  tls: 'tls.connect',
  lookup: 'dns.lookup',
};

(stock ? describe.skip : describe)('a traced connection', () => {
  let folder;
  let secrets;
  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
    const { root, server } = await pki();
    secrets = { ca: root.pem, cert: server.chain, key: server.key };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function seen(agent, scheme, wrapped, when) {
    const given = { agent, scheme, wrapped, when, folder, ...secrets };
    return result(await run('traced-connect.js', [JSON.stringify(given)]));
  }

  const both = (...scene) => Promise.all(['node', 'oxagent'].map((agent) => seen(agent, ...scene)));

  for (const [scheme, wrapped, when] of SCENES) {
    const names = wrapped.map((name) => NAMES[name]).join(', ');
    it(`of ${scheme} is as with Node's agent, and native: ${names}, ${when}`, async () => {
      const [node, ours] = await both(scheme, wrapped, when);
      for (const [kind, lines] of Object.entries(node.told)) {
        assert.deepEqual(ours.told[kind], lines, kind);
      }
      for (const [kind, sockets] of Object.entries(ours.native)) {
        for (const [isConnected, isNative] of sockets) assert.equal(isNative, isConnected, kind);
      }
    });
  }

  // Here Node's agent connects by what is its own, and ours natively.
  for (const scheme of ['http', 'https']) {
    it(`of ${scheme} asks a wrapped dns.lookup as Node's agent does, and is native`, async () => {
      const [node, ours] = await both(scheme, ['lookup'], 'after');
      for (const [kind, lines] of Object.entries(node.told)) {
        const lookups = (all) => all.filter((line) => line.startsWith('lookup()'));
        assert.deepEqual(lookups(ours.told[kind]), lookups(lines), kind);
        for (const [, isNative] of ours.native[kind]) assert.equal(isNative, true, kind);
      }
      assert.ok(node.told['the name of this host'].some((line) => line.startsWith('lookup()')));
    });
  }
});
