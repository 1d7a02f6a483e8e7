'use strict';

// Requests over a unix socket.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const {
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  later,
  request,
  socketOf,
} = require('./support/peer');

function freshPath() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
  later(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'server.sock');
}

describe('a unix socket', () => {
  afterEach(cleanUp);

  it('serves requests, kept and not', async () => {
    const socketPath = freshPath();
    const server = await httpServer((req, res) => req.pipe(res), socketPath);
    for (const keepAlive of [false, true]) {
      const agent = agentOf({ keepAlive });
      for (let i = 0; i < 3; i++) {
        const options = { method: 'POST', socketPath };
        const { req, text } = await exchange(server, agent, options, `request ${i}`);
        assert.equal(text, `request ${i}`);
        await gone(req);
      }
    }
    assert.equal(server.connections, 3 + 1);
  });

  it('may be an option of the agent', async () => {
    const socketPath = freshPath();
    const server = await httpServer((_, res) => res.end('here'), socketPath);
    const { text } = await exchange(server, agentOf({ socketPath }));
    assert.equal(text, 'here');
  });

  it('is a net.Socket that connects and counts', async () => {
    const socketPath = freshPath();
    await httpServer((_, res) => res.end('12345'), socketPath);
    const req = request({}, agentOf(), { socketPath }).end();
    const socket = await socketOf(req);
    assert.ok(socket instanceof net.Socket);
    const log = [];
    for (const name of ['lookup', 'connect', 'ready']) socket.on(name, () => log.push(name));
    const [res] = await once(req, 'response');
    assert.deepEqual(log, ['connect', 'ready']);
    res.resume();
    await gone(socket);
    assert.ok(socket.bytesRead > 5);
    assert.ok(socket.bytesWritten > 0);
    assert.equal(socket.setNoDelay(), socket);
    assert.equal(socket.setKeepAlive(true, 1000), socket);
  });

  it('carries large bodies both ways', async () => {
    const socketPath = freshPath();
    const server = await httpServer(async (req, res) => res.end(await body(req)), socketPath);
    const payload = Buffer.alloc(8 << 20);
    for (let i = 0; i < payload.length; i += 4) payload.writeUInt32LE(i, i);
    const options = { method: 'POST', socketPath };
    const { content } = await exchange(server, agentOf(), options, payload);
    assert.ok(content.equals(payload));
  });

  it('cannot be reset', async () => {
    const socketPath = freshPath();
    await httpServer(() => {}, socketPath);
    const req = request({}, agentOf(), { socketPath }).end();
    const socket = await socketOf(req);
    await once(socket, 'connect');
    assert.throws(() => socket.resetAndDestroy(), { code: 'ERR_INVALID_HANDLE_TYPE' });
    req.on('error', () => {}).destroy();
    await gone(socket);
  });

  // Only Linux has it.
  (process.platform === 'linux' ? it : (title) => it(title))('may be abstract', async () => {
    const socketPath = `\0oxagent-${process.pid}-${Date.now()}`;
    await httpServer((_, res) => res.end('abstract'), { path: socketPath });
    const { text } = await exchange({}, agentOf(), { socketPath });
    assert.equal(text, 'abstract');
  });
});
