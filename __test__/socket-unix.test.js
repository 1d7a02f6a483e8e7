'use strict';

// Requests over a unix socket.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const { httpsAgentWith } = require('./support/https-agent');
const {
  agentOf,
  body,
  cleanUp,
  exchange,
  gone,
  httpServer,
  rawServer,
  request,
  socketOf,
} = require('./support/peer');
const { serveTls } = require('./support/tls-server');
const { freshPath } = require('./support/unix-path');

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

  describe('is connected at the call', () => {
    const home = process.cwd();
    afterEach(() => process.chdir(home));

    // What a program may do behind the call, by what it makes of the path.
    for (const [what, wayOf, act] of [
      ['and another folder', () => 'server.sock', () => process.chdir('/')],
      ['and another folder, by dots', () => './server.sock', () => process.chdir('/')],
      [
        'and another name of the path',
        (where) => where,
        (where) => fs.renameSync(where, `${where}-`),
      ],
    ]) {
      for (const secure of [false, true]) {
        it(`${what} behind it changes nothing, ${secure ? 'with' : 'without'} TLS`, async () => {
          const socketPath = freshPath();
          process.chdir(path.dirname(socketPath));
          const server = secure
            ? await serveTls({}, (_, res) => res.end('here'), socketPath)
            : await httpServer((_, res) => res.end('here'), socketPath);
          const agent = secure ? httpsAgentWith() : agentOf();
          const options = { agent, socketPath: wayOf(socketPath), rejectUnauthorized: false };
          const req = (secure ? https : http).get(options);
          act(socketPath);
          const [res] = await once(req, 'response');
          assert.equal((await body(res)).toString(), 'here');
          assert.equal(server.connections, 1);
        });
      }
    }

    it('where the path from the root would be too long for a socket', async () => {
      const folder = path.join(path.dirname(freshPath()), 'a'.repeat(70), 'b'.repeat(70));
      fs.mkdirSync(folder, { recursive: true });
      process.chdir(folder);
      const server = await httpServer((_, res) => res.end('deep'), 'server.sock');
      const req = request({}, agentOf(), { socketPath: 'server.sock' }).end();
      process.chdir('/');
      const [res] = await once(req, 'response');
      assert.equal((await body(res)).toString(), 'deep');
      assert.equal(server.connections, 1);
    });

    it('and is not made again from another folder', async () => {
      const [first, other] = [freshPath(), freshPath()];
      let requests = 0;
      await rawServer((socket) => {
        socket.on('data', () => {
          if (++requests > 1) socket.destroy();
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        });
      }, first);
      const elsewhere = await httpServer((_, res) => res.end('elsewhere'), other);
      const agent = agentOf({ keepAlive: true });
      process.chdir(path.dirname(first));
      await exchange({}, agent, { socketPath: 'server.sock' });
      process.chdir(path.dirname(other));
      const req = request({}, agent, { socketPath: 'server.sock' }).end();
      assert.equal(req.reusedSocket, true);
      const [error] = await once(req, 'error');
      assert.equal(error.code, 'ECONNRESET');
      assert.equal(elsewhere.connections, 0);
    });

    it('with an error that names the path as it was written', async () => {
      process.chdir(path.dirname(freshPath()));
      const req = request({}, agentOf(), { socketPath: './server.sock' }).end();
      process.chdir('/');
      const [error] = await once(req, 'error');
      assert.equal(error.message, 'connect ENOENT ./server.sock');
      assert.equal(error.address, './server.sock');
    });
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
