'use strict';

// Every event of a TLS connection is heard in the async context of the request that it is for.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { watch } = require('./fixtures/tls-watch');
const { pki } = require('./support/certificates');
const { dispose, getSecure, httpsAgentWith, requestSecure } = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

describe('the async context of a TLS connection', () => {
  afterEach(dispose);
  afterEach(closeServers);

  let ca;
  before(async () => {
    ca = (await pki()).root.pem;
  });

  const storage = new AsyncLocalStorage();

  // The events of one request with the store that each was heard in.
  async function heard(options, store) {
    const seen = [];
    const over = storage.run(store, () => {
      const req = requestSecure(options);
      const watched = watch(req, (name, _req, argument) => {
        seen.push([name, storage.getStore()]);
        if (name === 'request response') argument.resume();
      });
      req.end(options.body);
      return watched.over;
    });
    await over;
    return seen;
  }

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    describe(version, () => {
      it('is that of the request, for each of its events', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca });
        const stores = ['first', 'second', 'third'];
        const all = await Promise.all(
          stores.map((store) => heard({ port: site.port, host: 'localhost', agent }, store)),
        );
        for (const [i, seen] of all.entries()) {
          const names = new Set(seen.map(([name]) => name));
          for (const name of [
            'lookup',
            'connect',
            'keylog',
            'secureConnect',
            'session',
            'secure',
          ]) {
            assert.ok(names.has(`socket ${name}`), name);
          }
          for (const [name, store] of seen) assert.equal(store, stores[i], name);
        }
      });

      it('is that of the request with a body', async () => {
        const site = await serveTls({ maxVersion: version }, (req, res) => req.pipe(res));
        const agent = httpsAgentWith({ ca });
        const options = { port: site.port, method: 'POST', body: Buffer.alloc(300_000), agent };
        for (const [name, store] of await heard(options, 'it')) assert.equal(store, 'it', name);
      });

      it('is that of the request which has the connection now', async () => {
        const site = await serveTls({ maxVersion: version });
        const agent = httpsAgentWith({ ca, keepAlive: true, maxSockets: 1 });
        const said = await Promise.all(
          ['one', 'two', 'three'].map((store) =>
            storage.run(
              store,
              () =>
                new Promise((resolve) => {
                  const stores = [];
                  const note = () => stores.push(storage.getStore());
                  const req = getSecure({ port: site.port, agent });
                  req.on('socket', note);
                  req.on('close', () => {
                    note();
                    resolve(stores);
                  });
                  req.on('response', (res) => {
                    note();
                    res.on('data', note);
                    res.on('end', note);
                  });
                }),
            ),
          ),
        );
        assert.equal(site.connections, 1);
        for (const [i, store] of ['one', 'two', 'three'].entries()) {
          assert.ok(said[i].length >= 5);
          assert.deepEqual(new Set(said[i]), new Set([store]));
        }
      });

      it('is that of the request which fails', async () => {
        const site = await serveTls({ maxVersion: version });
        const seen = await heard({ port: site.port, agent: httpsAgentWith({}) }, 'refused');
        assert.ok(seen.some(([name]) => name === 'request error'));
        for (const [name, store] of seen) assert.equal(store, 'refused', name);
      });

      it('is that of the request in checkServerIdentity', async () => {
        const site = await serveTls({ maxVersion: version });
        const stores = [];
        const agent = httpsAgentWith({
          ca,
          checkServerIdentity: () => {
            stores.push(storage.getStore());
          },
        });
        await heard({ port: site.port, agent }, 'asked');
        assert.deepEqual(stores, ['asked']);
      });
    });
  }
});
