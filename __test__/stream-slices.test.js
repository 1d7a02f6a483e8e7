'use strict';

// A chunk of a body belongs to the program: it stays valid and unchanged for as long as it is kept.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { result, run } = require('./support/child');
const { agentOf, body, cleanUp, exchange, httpServer, request } = require('./support/peer');

// GET /<byte>/<size>
function fillServer() {
  return httpServer((req, res) => {
    const [byte, size] = req.url.slice(1).split('/').map(Number);
    res.end(Buffer.alloc(size, byte));
  });
}

describe('a chunk that is kept', () => {
  afterEach(cleanUp);

  it('stays as it was through many more requests and collections', async function () {
    this.timeout(120_000);
    const server = await fillServer();
    const ended = await run('keeper.js', [server.port], { execArgv: ['--expose-gc'] });
    assert.deepEqual(result(ended), { kept: 300, changed: 0, wrong: 0 });
  });

  it('is a Buffer that can be sliced, grown from and handed to another thread', async () => {
    const server = await fillServer();
    const req = request(server, agentOf(), { path: '/9/20000' }).end();
    const [res] = await once(req, 'response');
    const [chunk] = await once(res, 'data');
    assert.ok(Buffer.isBuffer(chunk));
    assert.ok(chunk.buffer instanceof ArrayBuffer);
    assert.equal(chunk.subarray(1, 5).toString('hex'), '09090909');
    const copy = structuredClone(chunk);
    assert.equal(copy.length, chunk.length);
    assert.equal(copy[0], 9);
    res.resume();
  });

  it('may be overwritten without harm to the next', async () => {
    const server = await fillServer();
    const agent = agentOf({ keepAlive: true });
    for (let i = 0; i < 50; i++) {
      const req = request(server, agent, { path: `/${i}/30000` }).end();
      const [res] = await once(req, 'response');
      let length = 0;
      for await (const chunk of res) {
        assert.ok(chunk.every((byte) => byte === i));
        length += chunk.length;
        chunk.fill(200);
      }
      assert.equal(length, 30_000);
    }
  });

  it('of a paused response is unharmed by what others receive meanwhile', async () => {
    const server = await fillServer();
    const agent = agentOf({ keepAlive: true });
    const req = request(server, agent, { path: '/1/300000' }).end();
    const [res] = await once(req, 'response');
    res.pause();
    for (let i = 2; i < 40; i++) {
      const { content } = await exchange(server, agent, { path: `/${i}/30000` });
      assert.ok(content.equals(Buffer.alloc(30_000, i)));
    }
    assert.ok((await body(res)).equals(Buffer.alloc(300_000, 1)));
  });
});
