'use strict';

// What shows people what keeps a process alive shows connections of ours as it shows Node's: their
// kind, and where they lead.

const assert = require('node:assert/strict');
const { stock } = require('./support/agent');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');
const { serveTls } = require('./support/tls-server');
const { freshPath } = require('./support/unix-path');

const FIXTURE = 'shown-sockets.js';
const PROTOCOLS = process.platform === 'win32' ? ['http', 'https'] : ['http', 'https', 'unix'];

const STATES = ['live', 'reused', 'unrefed'].flatMap((state) => [
  `asked ${state}`,
  state,
  `idle after ${state}`,
]);
const ALL = [...STATES, 'destroyed'];

async function servedBy(protocol) {
  const answer = (_, res) => res.end();
  if (protocol === 'https') return (await serveTls({}, answer)).port;
  if (protocol === 'http') return (await httpServer(answer)).port;
  const path = freshPath();
  await httpServer(answer, path);
  return path;
}

async function shownBy(tool, protocol, states, agents = ['node', 'oxagent']) {
  const where = await servedBy(protocol);
  const { root } = await pki();
  const shown = agents.map(async (whose) =>
    result(await run(FIXTURE, [tool, whose, protocol, where, root.pem, ...states])),
  );
  const [own, node] = (await Promise.all(shown)).reverse();
  return { node, own, where };
}

(stock ? describe.skip : describe)('what shows resources', () => {
  afterEach(cleanUp);

  for (const protocol of PROTOCOLS) {
    it(`process.getActiveResourcesInfo() and _getActiveHandles(): ${protocol}`, async () => {
      const { node, own, where } = await shownBy('process', protocol, ALL);
      for (const seen of [node, own]) for (const { info } of Object.values(seen)) info.sort();
      assert.deepEqual(own, node);
      const handle = protocol === 'unix' ? 'PipeWrap' : 'TCPSocketWrap';
      const name = protocol === 'https' ? 'TLSSocket' : 'Socket';
      assert.deepEqual(own.live, {
        info: [handle],
        handles: [[name, protocol === 'unix' ? null : where]],
      });
      for (const state of ['idle after live', 'idle after reused', 'unrefed', 'destroyed']) {
        assert.deepEqual(own[state], { info: [], handles: [] }, state);
      }
    });

    it(`wtfnode: ${protocol}`, async () => {
      const { node, own, where } = await shownBy('wtfnode', protocol, ALL);
      for (const state of ALL) assert.deepEqual(sockets(own[state]), sockets(node[state]), state);
      const [line, request] = sockets(own.live);
      if (protocol !== 'unix') assert.equal(line, `  - 127.0.0.1:(near) -> 127.0.0.1:${where}`);
      assert.match(request, /^ {4}- GET https?:\/\/localhost/);
      assert.deepEqual(sockets(own['idle after reused']), []);
    });
  }

  const V3 = 'why-is-node-running';
  const V2 = 'why-is-node-running-2';

  for (const [tool, protocol] of [...PROTOCOLS.map((one) => [V3, one]), [V2, 'http']]) {
    it(`${tool}: ${protocol}, in use`, async () => {
      const { node, own } = await shownBy(tool, protocol, ['live']);
      const shown = resources(own.live);
      // Node's TLS has another handle below it.
      const isBelow = (one) => protocol === 'https' && one.type === 'TCPWRAP';
      assert.deepEqual(
        shown,
        resources(node.live).filter((one) => !isBelow(one)),
      );
      const type = { http: 'TCPWRAP', https: 'TLSWRAP', unix: 'PIPEWRAP' }[protocol];
      assert.deepEqual(
        shown.map((one) => one.type),
        [type],
      );
      assert.match(shown[0].program, /module\.get\(/);
    });

    // Node's own are still shown when they have been used again, and https: always.
    for (const state of ['idle after reused', 'unrefed']) {
      it(`${tool}: ${protocol}, ${state}`, async () => {
        const { own } = await shownBy(tool, protocol, [state], ['oxagent']);
        assert.deepEqual(resources(own[state]), []);
      });
    }
  }
});

// What wtfnode says of sockets.
function sockets(lines) {
  const from = lines.indexOf('- Sockets:') + 1;
  if (from === 0) return [];
  const length = lines.slice(from).findIndex((line) => !line.startsWith('  '));
  const own = lines.slice(from, length === -1 ? undefined : from + length);
  return (
    own
      .filter((line) => !/Listeners|connect: /.test(line))
      .map((line) => line.replace(/127\.0\.0\.1:\d+ ->/, '127.0.0.1:(near) ->'))
      // Of one without an address it has the descriptor at most.
      .map((line) => line.replace(/fd -?\d+|unknown socket/, '(no address)'))
  );
}

// What why-is-node-running says of connections: by kind, and the program's own line.
function resources(lines) {
  const found = [];
  for (const line of lines) {
    const [, type] = /^# (\w+)/.exec(line) ?? [];
    if (type) found.push({ type, program: '', isOwn: false });
    else if (/lib[\\/][\w\\/-]+\.js:\d+/.test(line)) found.at(-1).isOwn = true;
    else if (/shown-sockets\.js:\d+/.test(line)) found.at(-1).program ||= line.replace(/\s+/g, ' ');
  }
  // The other ones are those of the process: its output, say.
  return found
    .filter(({ type }) => /^(TCPWRAP|TLSWRAP|PIPEWRAP|JSSTREAM|oxagent)$/.test(type))
    .filter(({ program, isOwn }) => program !== '' || isOwn)
    .map(({ type, program }) => ({ type, program }));
}
