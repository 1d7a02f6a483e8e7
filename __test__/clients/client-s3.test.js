'use strict';

// The AWS SDK's handler reads an agent's views and limits besides sending by it.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const net = require('node:net');
const { Readable } = require('node:stream');
const s3 = require('./client-s3');
const { dispose, stock, total } = require('../support/agent');
const { digest } = require('../support/body');
const { pki } = require('../support/certificates');
const { result, run } = require('../support/child');
const { BIG, SCHEMES, clientAgent, idle, queued, refusedUrl } = require('../support/client-site');
const { fakeS3 } = require('../support/fake-s3');
const { cleanUp, stuckServer } = require('../support/peer');
const { closeServers } = require('../support/server');

// Long enough for a server under load to see the request.
const TIMEOUT_MS = 300;

const own = s3.load();
const { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } = own;

for (const scheme of SCHEMES) {
  describe(`@aws-sdk/client-s3 over ${scheme.toUpperCase()}`, () => {
    let site;
    let agent;
    let client;

    beforeEach(async () => {
      site = await fakeS3(scheme);
      agent = await clientAgent(scheme);
      client = clientOf();
    });
    afterEach(cleanUp);
    afterEach(dispose);
    afterEach(closeServers);

    function clientOf(options, url = site.url) {
      return s3.client(own, url, { [scheme]: agent }, options);
    }

    const get = (Key, options, by = client) =>
      by.send(new GetObjectCommand({ Bucket: 'bucket', Key }), options);
    const put = (Key, Body, options) =>
      client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body, ...options }));
    const list = (by = client) => by.send(new ListObjectsV2Command({ Bucket: 'bucket' }));

    it('commands in turn share one connection', async () => {
      const seen = new Set();
      const keep = async () => {
        const [socket] = await idle(agent, 1);
        seen.add(socket);
      };
      assert.equal((await put('greeting', 'hello')).ETag, '"tag"');
      await keep();
      for (let i = 0; i < 3; i++) {
        const { Body } = await get('greeting');
        assert.equal(await Body.transformToString(), 'hello');
        await keep();
      }
      const { Contents, KeyCount } = await list();
      assert.equal(KeyCount, 1);
      assert.deepEqual(Contents, [{ Key: 'greeting', Size: 5 }]);
      await keep();
      assert.equal(site.connections, 1);
      assert.equal(site.requests, 5);
      assert.equal(seen.size, 1);
      const [socket] = seen;
      assert(socket instanceof net.Socket);
      if (!stock) assert.equal(socket._handle, null);
      if (!stock && scheme === 'https') assert.equal(socket.transport, 'rustls');
    });

    it('bytes and streams arrive whole', async () => {
      await put('bytes', BIG);
      await idle(agent, 1);
      const chunks = [BIG.subarray(0, 100_000), BIG.subarray(100_000)];
      await put('stream', Readable.from(chunks), { ContentLength: BIG.length });
      await idle(agent, 1);
      for (const key of ['bytes', 'stream']) {
        assert.equal(digest(site.objects.get(`/bucket/${key}`)), digest(BIG));
      }
      assert.equal(site.connections, 1);
    });

    it('objects come whole, at once and as streams', async () => {
      site.objects.set('/bucket/big', BIG);
      const { Body: atOnce } = await get('big');
      assert.equal(digest(await atOnce.transformToByteArray()), digest(BIG));
      await idle(agent, 1);
      const { Body: stream } = await get('big');
      const hash = createHash('sha256');
      for await (const chunk of stream) hash.update(chunk);
      assert.equal(hash.digest('hex'), digest(BIG));
      await idle(agent, 1);
      assert.equal(site.connections, 1);
    });

    it('a stream that is not read to its end gives its connection up', async () => {
      site.objects.set('/bucket/big', BIG);
      const { Body } = await get('big');
      Body.destroy();
      await idle(agent, 0);
    });

    it("parallel commands obey the agent's limit, and the handler counts those that wait", async () => {
      site.objects.set('/bucket/greeting', Buffer.from('hello'));
      agent.maxSockets = 2;
      const keys = ['held', 'held', ...Array(4).fill('greeting')];
      // A body that nobody reads keeps its connection.
      const asked = keys.map(async (key) => (await get(key)).Body.transformToString());
      const held = [await site.next(), await site.next()];
      await queued(agent, 4);
      assert.equal(total(agent.sockets), 2);
      const warnings = [];
      const logger = { warn: (text) => warnings.push(text) };
      own.NodeHttpHandler.checkSocketUsage(agent, 0, logger);
      assert.match(warnings.join(), /socket usage at capacity=2 and 4 additional requests/);
      for (const { res } of held) res.end('hello');
      assert.deepEqual(await Promise.all(asked), Array(6).fill('hello'));
      assert.equal(site.connections, 2);
    });

    it('an error of the service is told by its name, and the connection kept', async () => {
      await assert.rejects(get('nothing'), { name: 'NoSuchKey' });
      await idle(agent, 1);
      await assert.rejects(get('nothing'), { name: 'NoSuchKey' });
      assert.equal(site.connections, 1);
    });

    it('its time limits of a request and of a silence hold', async () => {
      for (const [options, error] of [
        [{ requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true }, { code: 'ETIMEDOUT' }],
        [{ socketTimeout: TIMEOUT_MS }, { name: 'TimeoutError' }],
      ]) {
        await list();
        await idle(agent, 1);
        await assert.rejects(get('held', undefined, clientOf(options)), error);
        await idle(agent, 0);
      }
    });

    it('its time limit of a connect holds', async () => {
      const { host, port } = await stuckServer();
      const slow = clientOf({ connectionTimeout: TIMEOUT_MS }, `${scheme}://${host}:${port}`);
      await assert.rejects(list(slow), { name: 'TimeoutError', message: /not establish/ });
      await idle(agent, 0);
    });

    it('a command that is aborted closes its connection', async () => {
      const controller = new AbortController();
      const asked = get('held', { abortSignal: controller.signal });
      const aborted = assert.rejects(asked, { name: 'AbortError' });
      await site.next();
      controller.abort();
      await aborted;
      await idle(agent, 0);
    });

    it('a connection that is refused or broken off is an error with its code', async () => {
      const refused = clientOf({}, new URL(await refusedUrl(scheme)).origin);
      await assert.rejects(list(refused), { code: 'ECONNREFUSED' });
      await assert.rejects(get('reset'), { code: 'ECONNRESET' });
      await idle(agent, 0);
    });

    it('client.destroy() closes the connections of the agent', async () => {
      await list();
      await idle(agent, 1);
      client.destroy();
      await idle(agent, 0);
    });

    for (const [how, title] of [
      ['destroy', 'agent.destroy() lets the process end'],
      ['idle', 'idle connections let the process end'],
    ]) {
      it(title, async () => {
        site.objects.set('/bucket/one', Buffer.from('1'));
        const { root } = await pki();
        const args = ['client-s3', how, `${site.url}/bucket/one`, root.pem];
        assert.deepEqual(result(await run('client-process.js', args)), ['1', '1', '1']);
        assert.equal(site.connections, 1);
      });
    }
  });
}
