'use strict';

const assert = require('node:assert/strict');
const { agentWith, answer, differs, dispose, failure, get, total } = require('./support/agent');
const { closeServers, refusedPort, serve, serveHeld } = require('./support/server');

describe('Agent fairness under maxTotalSockets', () => {
  afterEach(dispose);
  afterEach(closeServers);

  differs("a parked connection holds another origin's place")(
    "another origin's parked connection closes to make room",
    async () => {
      const one = await serve();
      const two = await serve();
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      const first = await answer(get({ port: one.port, agent }));
      assert.equal(total(agent.freeSockets), 1);
      await answer(get({ port: two.port, agent }));
      assert.ok(first.socket.destroyed);
      assert.equal(two.connections, 1);
      assert.equal(agent.totalSocketCount, 1);
      assert.deepEqual(Object.keys(agent.freeSockets), [`127.0.0.1:${two.port}:`]);
    },
  );

  it("an origin's own parked connection is used before any room is needed", async () => {
    const one = await serve();
    const two = await serve();
    const agent = agentWith({ keepAlive: true, maxTotalSockets: 2 });
    await answer(get({ port: one.port, agent }));
    await answer(get({ port: two.port, agent }));
    await answer(get({ port: one.port, agent }));
    await answer(get({ port: two.port, agent }));
    assert.equal(one.connections, 1);
    assert.equal(two.connections, 1);
  });

  differs('its own queue goes first, for ever')(
    'an origin whose queue never ends does not starve another',
    async () => {
      const busy = await serve();
      const quiet = await serve();
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      let answered = false;
      let rounds = 0;
      const endless = async () => {
        while (!answered && rounds < 1000) {
          rounds++;
          await answer(get({ port: busy.port, agent }));
        }
      };
      const loops = [endless(), endless(), endless()];
      const done = answer(get({ port: quiet.port, agent }));
      done.then(() => {
        answered = true;
      });
      await done;
      assert.ok(rounds < 1000);
      await Promise.all(loops);
      assert.equal(quiet.connections, 1);
    },
  );

  differs('its own queue goes first')(
    'a place that comes free goes to the request that has waited longest',
    async () => {
      const order = [];
      // No connection can be handed on, so each request needs a place.
      const note = (name) => (req, res) => {
        order.push(`${name}${req.url}`);
        res.setHeader('connection', 'close').end();
      };
      const a = await serve(note('a'));
      const b = await serve(note('b'));
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      await Promise.all(
        [
          [a, '/1'],
          [a, '/2'],
          [b, '/3'],
          [a, '/4'],
          [b, '/5'],
          [b, '/6'],
        ].map(([site, path]) => answer(get({ port: site.port, path, agent }))),
      );
      assert.deepEqual(order, ['a/1', 'a/2', 'b/3', 'a/4', 'b/5', 'b/6']);
      assert.equal(agent.totalSocketCount, 0);
    },
  );

  differs('its own queue goes first')(
    'a warm connection is handed on past another origin only so often',
    async () => {
      const order = [];
      const a = await serve((_req, res) => {
        order.push('a');
        res.end();
      });
      const b = await serve((_req, res) => {
        order.push('b');
        res.end();
      });
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
      const sites = [a, b, ...Array(99).fill(a)];
      await Promise.all(sites.map((site) => answer(get({ port: site.port, agent }))));
      assert.equal(order.length, 101);
      assert.ok(order.indexOf('b') < 50);
      assert.equal(a.connections, 2);
      assert.equal(b.connections, 1);
    },
  );

  differs('its search stops at the first origin that has a connection')(
    'a place that comes free is not left unused',
    async () => {
      const a = await serveHeld();
      const b = await serveHeld();
      const c = await serve();
      const agent = agentWith({ maxTotalSockets: 2, maxSockets: 1 });
      const holding = [a, b].map((site) => answer(get({ port: site.port, agent })));
      // The second request of `a` must wait for `a`, the one of `c` for any place.
      const waiting = answer(get({ port: a.port, agent }));
      const free = answer(get({ port: c.port, agent }));
      assert.equal(total(agent.requests), 2);
      (await b.next()).res.end();
      await holding[1];
      await free;
      (await a.next()).res.end();
      (await a.next()).res.end();
      await Promise.all([...holding, waiting]);
    },
  );

  it('a connection refused lets another origin have its place', async () => {
    const dead = await refusedPort();
    const site = await serve();
    const agent = agentWith({ keepAlive: true, maxTotalSockets: 1 });
    const failed = failure(get({ port: dead, agent }));
    const answers = [1, 2].map(() => answer(get({ port: site.port, agent })));
    assert.equal((await failed).code, 'ECONNREFUSED');
    await Promise.all(answers);
    assert.equal(site.connections, 1);
  });

  differs('parked connections stay')(
    'the least recently used parked connection is the one that closes',
    async () => {
      const sites = [await serve(), await serve(), await serve()];
      const agent = agentWith({ keepAlive: true, maxTotalSockets: 2 });
      await answer(get({ port: sites[0].port, agent }));
      await answer(get({ port: sites[1].port, agent }));
      await answer(get({ port: sites[0].port, agent }));
      await answer(get({ port: sites[2].port, agent }));
      assert.deepEqual(
        Object.keys(agent.freeSockets).sort(),
        [sites[0], sites[2]].map((site) => `127.0.0.1:${site.port}:`).sort(),
      );
    },
  );
});
