'use strict';

// Copies of an agent, and objects that its constructor has never seen: they work where they work
// with Node's agent, or fail with its TypeError.

const assert = require('node:assert/strict');
const util = require('node:util');
const lodash = require('lodash');
const {
  agentWith,
  answer,
  differs,
  dispose,
  get,
  getSecure,
  httpsAgentWith,
  total,
  tracked,
} = require('./support/https-agent');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const KINDS = {
  http: { make: agentWith, ask: get, open: () => serve() },
  https: {
    make: (options) => httpsAgentWith({ rejectUnauthorized: false, ...options }),
    ask: getSecure,
    open: () => serveTls(),
  },
};

const prototypeOf = Object.getPrototypeOf;

// What works before and after the original has been used.
const COPIES = {
  'lodash.clone': lodash.clone,
  'Object.assign': (agent) => Object.assign(Object.create(prototypeOf(agent)), agent),
  'property descriptors': (agent) =>
    Object.create(prototypeOf(agent), Object.getOwnPropertyDescriptors(agent)),
  'Object.create(agent)': (agent) => Object.create(agent),
  Proxy: (agent) => new Proxy(agent, {}),
  'Object.seal': Object.seal,
  'Object.preventExtensions': Object.preventExtensions,
};

for (const [kind, { make, ask, open }] of Object.entries(KINDS)) {
  describe(`Copies of an agent, ${kind}`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    const several = (site, agent, n) =>
      Promise.all(Array.from({ length: n }, () => answer(ask({ port: site.port, agent }))));

    for (const [way, copy] of Object.entries(COPIES)) {
      it(`${way}: both share their connections`, async () => {
        const site = await open();
        const agent = make({ keepAlive: true, maxSockets: 2 });
        await several(site, agent, 1);
        const other = tracked(copy(agent));
        await several(site, other, 3);
        await several(site, agent, 1);
        await several(site, other, 1);
        assert.equal(site.requests, 6);
        assert.ok(site.connections <= 3, `${site.connections} connections`);
      });
    }

    it('lodash.cloneDeep: a new agent with the same options', async () => {
      const site = await open();
      const agent = make({ maxSockets: 2 });
      const clone = tracked(lodash.cloneDeep(agent));
      assert.equal(clone.maxSockets, 2);
      const answers = several(site, clone, 2);
      assert.equal(total(clone.sockets), 2);
      assert.equal(total(agent.sockets), 0);
      await answers;
      await several(site, agent, 1);
      assert.equal(site.requests, 3);
    });

    differs('its queue is served by the original')(
      'lodash.cloneDeep: its limits hold',
      async () => {
        const site = await open();
        const clone = tracked(lodash.cloneDeep(make({ keepAlive: true, maxSockets: 1 })));
        const answers = several(site, clone, 3);
        assert.equal(total(clone.sockets), 1);
        assert.equal(total(clone.requests), 2);
        await answers;
        assert.equal(site.connections, 1);
      },
    );

    differs('the clone of a handle is none')(
      'lodash.cloneDeep of an agent that has been used',
      async () => {
        const site = await open();
        const agent = make({ keepAlive: true });
        const [{ socket }] = await several(site, agent, 1);
        const clone = tracked(lodash.cloneDeep(agent));
        for (const copies of Object.values(clone.freeSockets)) {
          for (const copy of copies) copy.destroy();
        }
        await several(site, clone, 2);
        const [{ socket: again }] = await several(site, agent, 1);
        assert.equal(again, socket);
        clone.destroy();
        await several(site, agent, 1);
        assert.equal(site.requests, 5);
        assert.equal(socket.destroyed, false);
      },
    );

    it('structuredClone throws DataCloneError', () => {
      assert.throws(() => structuredClone(make()), { name: 'DataCloneError' });
    });

    for (const [way, bare] of [
      ['Object.create', (agent) => Object.create(prototypeOf(agent))],
      [
        'util.inherits',
        (agent) => {
          function Inherited() {}
          util.inherits(Inherited, agent.constructor);
          return new Inherited();
        },
      ],
    ]) {
      it(`${way} without the constructor throws a TypeError`, async () => {
        const site = await open();
        const agent = bare(make());
        assert.throws(() => ask({ port: site.port, agent }), {
          name: 'TypeError',
          message: /undefined/,
        });
        assert.throws(() => agent.destroy(), TypeError);
      });
    }

    it('frozen options, of the agent and of the request', async () => {
      const site = await open();
      const agent = make(Object.freeze({ keepAlive: true }));
      Object.freeze(agent.options);
      await answer(ask(Object.freeze({ port: site.port, agent })));
      await several(site, agent, 2);
      assert.ok(site.connections <= 2, `${site.connections} connections`);
    });

    differs('it counts in a property')('a frozen agent works', async () => {
      const site = await open();
      const agent = Object.freeze(make({ keepAlive: true, maxSockets: 1 }));
      await several(site, agent, 3);
      assert.equal(site.connections, 1);
    });
  });
}
