'use strict';

// Names that are not found, that are answered late, wrongly, twice or never, and lookup functions
// that throw: each request ends once, with the right error, the next one goes on, and nothing is
// left.

const assert = require('node:assert/strict');
const { channel } = require('node:diagnostics_channel');
const dns = require('node:dns');
const { once } = require('node:events');
const { inspect } = require('node:util');
const { agentWith, answer, differs, dispose, failure } = require('./support/agent');
const { SCHEMES, ending } = require('./support/ending');
const { closeServers, serve } = require('./support/server');
const { assertIdle } = require('./support/tls-failure');
const { serveTls } = require('./support/tls-server');

const SERVE = { http: serve, https: (listener) => serveTls({}, listener) };

const HOST = 'a.example';
const HOME = { address: '127.0.0.1', family: 4 };

const turn = () => new Promise(setImmediate);

const notFound = () =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${HOST}`), { code: 'ENOTFOUND', hostname: HOST });

/** A lookup whose answers the test gives: `const { give } = await asked()`. */
function held() {
  const questions = [];
  let heard = () => {};
  const lookup = (_name, { all }, callback) => {
    questions.push({
      give: () => (all ? callback(null, [HOME]) : callback(null, HOME.address, HOME.family)),
      callback,
    });
    heard();
  };
  const asked = async () => {
    if (questions.length === 0) {
      await new Promise((resolve) => {
        heard = resolve;
      });
    }
    return questions.shift();
  };
  return { lookup, asked };
}

// What ends a request whose name is being looked up.
const GIVE_UPS = {
  'req.destroy()': ({ req }) => req.destroy(),
  'its signal': ({ controller }) => controller.abort(),
  'socket.destroy()': ({ req }) => req.socket.destroy(),
  'agent.destroy()': ({ agent }) => agent.destroy(),
  'its timeout': ({ req }) => {
    req.on('timeout', () => req.destroy());
    req.socket.emit('timeout');
  },
};

const LATE = {
  'an address': ({ give }) => give(),
  'an error': ({ callback }) => callback(notFound()),
  garbage: ({ callback }) => callback(null, null),
};

// What a lookup function may say that is no address; [several, one] where they differ.
const GARBAGE = {
  nothing: [undefined],
  null: [null],
  'a number': [7],
  'a symbol': [Symbol('address')],
  'an object': [{}, 4],
  'an object without a prototype': [Object.create(null), 4],
  'a word': ['nowhere', 4],
  'an address with a zero byte': ['127.0.0.1\0', 4],
  'an empty list': [[]],
  'a list of nothing': [[undefined, null]],
  'a list of words': [['127.0.0.1']],
  'a list without families': [[{ address: '127.0.0.1' }]],
  'a list of strange families': [[{ address: '127.0.0.1', family: Symbol('family') }]],
};

// With these Node's own code throws where nobody catches it, and the request never ends.
const NODE_THROWS =
  /^(nothing|null|a (number|symbol)|an object|an empty list|a list of (nothing|strange))/;

for (const [name, scheme] of Object.entries(SCHEMES)) {
  const agentOf = async (options) => (await scheme.agents(options))[1];
  const both = async (run, options) => {
    const [node, agent] = await scheme.agents(options);
    const expected = await run(node);
    const seen = await run(agent);
    assert.deepEqual(seen, expected);
    assertIdle(agent);
    return seen;
  };

  describe(`a name that is not found (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    it('by the lookup of the program: the request has its error, as with Node', async () => {
      const lookup = (_name, _options, callback) => setImmediate(callback, notFound());
      const { error, heard } = await both((agent) =>
        ending(scheme.get({ host: HOST, port: 80, agent, lookup })),
      );
      assert.equal(error.code, 'ENOTFOUND');
      assert.deepEqual(heard, ['request socket', 'request error', 'request close']);
    });

    it('by the system: the request has the error of dns.lookup, as with Node', async () => {
      const host = 'no-such-name.invalid';
      const { code } = await new Promise((resolve) => dns.lookup(host, resolve));
      const { error } = await both((agent) => ending(scheme.get({ host, port: 80, agent })));
      assert.equal(error.code, code);
    });

    it('fifty times behind one place: each has its error, and a later one is answered', async () => {
      const site = await SERVE[name]();
      let found = false;
      const lookup = (_name, { all }, callback) =>
        setImmediate(() => {
          if (!found) callback(notFound());
          else if (all) callback(null, [HOME]);
          else callback(null, HOME.address, HOME.family);
        });
      const agent = await agentOf({ maxSockets: 1, lookup });
      const ask = () => scheme.get({ host: HOST, port: site.port, agent });
      const failed = Array.from({ length: 50 }, () => failure(ask()));
      for (const { code } of await Promise.all(failed)) assert.equal(code, 'ENOTFOUND');
      assertIdle(agent);
      found = true;
      assert.equal((await answer(ask())).body, '1');
    });
  });

  describe(`a name that is answered late (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    for (const [how, giveUp] of Object.entries(GIVE_UPS)) {
      for (const [what, say] of Object.entries(LATE)) {
        it(`by ${what}, after ${how}: nobody connects, and the next request goes on`, async () => {
          const site = await SERVE[name]();
          const { lookup, asked } = held();
          const agent = await agentOf({ maxSockets: 1, lookup });
          const controller = new AbortController();
          const options = { host: HOST, port: site.port, agent };
          // It acts when the test says so.
          const req = scheme.get({ ...options, signal: controller.signal, timeout: 60_000 });
          const behind = answer(scheme.get(options));
          const over = ending(req);
          const late = await asked();
          if (!req.socket) await once(req, 'socket');
          giveUp({ req, agent, controller });
          const { error } = await over;
          assert.equal(error.code, how === 'its signal' ? 'ABORT_ERR' : 'ECONNRESET');
          say(late);
          await turn();
          assert.equal(site.connections, 0);
          (await asked()).give();
          // The first connection is that of the request behind.
          assert.equal((await behind).body, '1');
          say(late);
          await turn();
          assert.equal(site.connections, 1);
          agent.destroy();
        });
      }
    }

    it('never: the timeouts of agent and request act, as with Node', async () => {
      const lookup = () => {};
      for (const [agentOptions, options] of [
        [{ timeout: 50 }, {}],
        [{}, { timeout: 50 }],
      ]) {
        const { error } = await both((agent) => {
          const req = scheme.get({ host: HOST, port: 80, agent, lookup, ...options });
          req.on('timeout', () => req.destroy());
          return ending(req);
        }, agentOptions);
        assert.equal(error.code, 'ECONNRESET');
      }
    });
  });

  describe(`a name that is answered twice (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    const TIMES = {
      'at once': (again) => again(),
      'in the next tick': (again) => process.nextTick(again),
      'in the next turn': (again) => setImmediate(again),
    };

    for (const [when, later] of Object.entries(TIMES)) {
      differs('the second connects too, on the same handle: EALREADY')(
        `${when}: one connection is made`,
        async () => {
          const site = await SERVE[name]();
          const agent = await agentOf({ maxSockets: 1 });
          const lookup = (_name, { all }, callback) => {
            const give = () =>
              all ? callback(null, [HOME]) : callback(null, HOME.address, HOME.family);
            give();
            later(give);
          };
          for (const autoSelectFamily of [true, false]) {
            const options = { host: HOST, port: site.port, agent, lookup, autoSelectFamily };
            const { body, socket } = await answer(scheme.get(options));
            const gone = once(socket, 'close');
            agent.destroy();
            await gone;
            assert.equal(body, String(site.connections));
          }
          assert.equal(site.connections, 2);
        },
      );
    }

    it('by an error, and then by an address: the request has the error', async () => {
      const site = await SERVE[name]();
      const agent = await agentOf();
      const lookup = (_name, { all }, callback) => {
        callback(notFound());
        if (all) callback(null, [HOME]);
        else callback(null, HOME.address, HOME.family);
      };
      const req = scheme.get({ host: HOST, port: site.port, agent, lookup });
      assert.equal((await failure(req)).code, 'ENOTFOUND');
      assert.equal(site.requests, 0);
      assertIdle(agent);
    });
  });

  describe(`a lookup function that throws (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    const lookup = () => {
      throw new RangeError('no lookup');
    };

    it('throws to who asks, and leaves nothing', async () => {
      const site = await SERVE[name]();
      const agent = await agentOf({ maxSockets: 1, timeout: 60_000 });
      const sockets = [];
      const note = ({ socket }) => sockets.push(socket);
      const made = channel('net.client.socket');
      made.subscribe(note);
      try {
        for (let i = 0; i < 3; i++) {
          assert.throws(
            () => scheme.get({ host: HOST, port: site.port, agent, lookup }),
            new RangeError('no lookup'),
          );
          assert.equal(agent.totalSocketCount, 0);
        }
      } finally {
        made.unsubscribe(note);
      }
      for (const { destroyed, timeout } of sockets.filter(({ connecting }) => !connecting)) {
        assert.ok(destroyed);
        assert.ok(!timeout || destroyed);
      }
      assert.equal((await answer(scheme.get({ port: site.port, agent }))).body, '1');
    });

    differs('it is thrown where nobody catches it')(
      'for a request that waited: the request has the error, the next goes on',
      async () => {
        const site = await SERVE[name]((_req, res) => res.setHeader('connection', 'close').end());
        const agent = await agentOf({ maxSockets: 1 });
        const options = { host: HOST, port: site.port, agent };
        const fine = (_name, { all }, callback) =>
          all ? callback(null, [HOME]) : callback(null, HOME.address, HOME.family);
        const asked = [
          answer(scheme.get({ ...options, lookup: fine })),
          failure(scheme.get({ ...options, lookup })),
          failure(scheme.get({ ...options, lookup })),
          answer(scheme.get({ ...options, lookup: fine })),
        ];
        const [, first, second, last] = await Promise.all(asked);
        assert.deepEqual([first.message, second.message], ['no lookup', 'no lookup']);
        assert.equal(last.res.statusCode, 200);
        assert.equal(site.connections, 2);
      },
    );
  });

  describe(`a name that is answered by garbage (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    for (const [what, [address, family]] of Object.entries(GARBAGE)) {
      for (const autoSelectFamily of [true, false]) {
        const must =
          (autoSelectFamily || /symbol|prototype/.test(what)) && NODE_THROWS.test(what)
            ? differs('it throws where nobody catches it, and the request never ends')
            : it;
        must(
          `${what}, autoSelectFamily ${autoSelectFamily}: the request has an error`,
          async () => {
            const agent = await agentOf();
            const lookup = (_name, _options, callback) =>
              setImmediate(callback, null, address, family);
            const req = scheme.get({ host: HOST, port: 80, agent, lookup, autoSelectFamily });
            const error = await failure(req);
            assert.match(error.code, /^ERR_INVALID_(IP_ADDRESS|ADDRESS_FAMILY)$/, inspect(error));
            assertIdle(agent);
          },
        );
      }
    }
  });
}

describe('a name that is looked up by the system, and given up', () => {
  afterEach(dispose);
  afterEach(closeServers);

  it('a hundred times: each ends once, and later ones are answered', async () => {
    const site = await serve();
    const agent = agentWith({ keepAlive: true });
    const { get } = SCHEMES.http;
    const failed = Array.from({ length: 100 }, async (_, i) => {
      const req = get({
        host: i % 2 ? 'localhost' : 'no-such-name.invalid',
        port: site.port,
        agent,
      });
      const over = failure(req);
      if (i % 3 === 0) req.destroy();
      else if (i % 3 === 1) process.nextTick(() => req.destroy());
      else req.once('socket', () => req.destroy());
      assert.equal((await over).code, 'ECONNRESET');
    });
    await Promise.all(failed);
    // Of those that were destroyed before they had a socket, it is parked once it is connected.
    while (agent.totalSocketCount > 0) {
      agent.destroy();
      await turn();
    }
    assertIdle(agent);
    const { body } = await answer(get({ host: 'localhost', family: 4, port: site.port, agent }));
    assert.match(body, /^\d+$/);
  });
});
