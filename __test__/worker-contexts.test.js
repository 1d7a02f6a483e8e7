'use strict';

// Several copies of the library in one thread, and programs in contexts of their own.

const assert = require('node:assert/strict');
const vm = require('node:vm');
const http = require('node:http');
const { Agent } = require('./support/agent');
const { agentOf, cleanUp, exchange, gone, httpServer, later } = require('./support/peer');

// Loads the library anew, as a second copy in a program's node_modules would be.
function anew() {
  const supportPath = require.resolve('./support/agent');
  const kept = new Map();
  const isOurs = (file) =>
    file === supportPath ||
    (/[\\/](lib[\\/][^\\/]+|index)\.js$/.test(file) && !/node_modules/.test(file));
  for (const file of Object.keys(require.cache).filter(isOurs)) {
    kept.set(file, require.cache[file]);
    delete require.cache[file];
  }
  try {
    return require('./support/agent').Agent;
  } finally {
    for (const [file, module] of kept) require.cache[file] = module;
  }
}

describe('more than one of everything', () => {
  afterEach(cleanUp);

  it('many agents keep their sockets apart', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const agents = Array.from({ length: 30 }, () => agentOf({ keepAlive: true }));
    const sockets = new Set();
    for (let round = 0; round < 2; round++) {
      for (const agent of agents) {
        const { req, socket, text } = await exchange(server, agent);
        assert.equal(text, 'ok');
        sockets.add(socket);
        await gone(req);
      }
    }
    assert.equal(sockets.size, 30);
    assert.equal(server.connections, 30);
  });

  it('destroying one agent leaves the others alone', async () => {
    const server = await httpServer((_, res) => res.end('ok'));
    const [one, other] = [agentOf({ keepAlive: true }), agentOf({ keepAlive: true })];
    const first = await exchange(server, one);
    const second = await exchange(server, other);
    await gone(second.req);
    one.destroy();
    await gone(first.socket);
    const again = await exchange(server, other);
    assert.equal(again.socket, second.socket);
  });

  it('a second copy of the library works beside the first', async () => {
    const Second = anew();
    const second = new Second({ keepAlive: true });
    later(() => second.destroy());
    const first = agentOf({ keepAlive: true });
    assert.ok(first instanceof Agent);
    const server = await httpServer((_, res) => res.end('ok'));
    for (let i = 0; i < 3; i++) {
      for (const agent of [first, second]) {
        const { req, text } = await exchange(server, agent);
        assert.equal(text, 'ok');
        await gone(req);
      }
    }
    assert.equal(server.connections, 2);
  });

  it('code in a context of its own may use the agent', async () => {
    const server = await httpServer((_, res) => res.end('from the context'));
    const agent = agentOf({ keepAlive: true });
    const sandbox = vm.createContext({ http, agent, port: server.port });
    for (let i = 0; i < 3; i++) {
      const text = await vm.runInContext(
        `new Promise((resolve, reject) => {
          http.get({ host: '127.0.0.1', port, agent }, (res) => {
            let text = '';
            res.on('data', (chunk) => { text += chunk; });
            res.on('end', () => resolve(text));
          }).on('error', reject);
        })`,
        sandbox,
      );
      assert.equal(text, 'from the context');
    }
  });

  it('options and buffers of another context are taken as our own', async () => {
    const server = await httpServer((req, res) => req.pipe(res));
    const options = vm.runInNewContext('({ keepAlive: true, maxSockets: 2 })');
    const agent = agentOf(options);
    const payload = vm.runInNewContext('new Uint8Array([111, 107])');
    const { text } = await exchange(server, agent, { method: 'POST' }, payload);
    assert.equal(text, 'ok');
    assert.equal(agent.maxSockets, 2);
  });
});
