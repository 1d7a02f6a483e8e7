'use strict';

// oxagent/register: programs that know nothing of oxagent, each in a process of its own.

const assert = require('node:assert/strict');
const path = require('node:path');
const { pki } = require('./support/certificates');
const { result, run } = require('./support/child');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

// Where the package finds itself by its name.
const cwd = path.join(__dirname, '..');

const PRELOADS = ['--require', '--import'];

function program(fixture, args, { preload = '--import', env = {} } = {}) {
  const execArgv = preload === null ? [] : [preload, 'oxagent/register'];
  return run(fixture, args, { execArgv, env, cwd });
}

describe('oxagent/register', function () {
  this.timeout(30_000);
  afterEach(closeServers);

  const served = (by, reused) => ({ by, native: true, reused });
  const ALL_OURS = {
    'http exports': ['Agent', 'Agent'],
    'https exports': ['HttpsAgent', 'HttpsAgent'],
  };
  for (const [name, by] of [
    ['http', 'Agent'],
    ['https', 'HttpsAgent'],
  ]) {
    ALL_OURS[`${name}, globalAgent`] = served(by, false);
    ALL_OURS[`${name}, globalAgent again`] = served(by, true);
    ALL_OURS[`${name}, an agent of its own`] = served(by, false);
    ALL_OURS[`${name}, agent: false`] = served(by, false);
  }

  for (const preload of PRELOADS) {
    for (const [title, fixture, ...before] of [
      ['a program of CommonJS', 'register-program.js'],
      ['named imports of ES modules', 'register-program.mjs'],
      ['a worker thread', 'register-program.js', '--worker'],
    ]) {
      it(`by ${preload} serves ${title}`, async () => {
        const site = await serve();
        const secure = await serveTls();
        const ca = (await pki()).root.pem;
        const args = [...before, site.port, secure.port, ca];
        assert.deepEqual(result(await program(fixture, args, { preload })), ALL_OURS);
        for (const { requests, connections } of [site, secure]) {
          assert.deepEqual({ requests, connections }, { requests: 4, connections: 3 });
        }
      });
    }
  }

  const state = async (what, options) =>
    result(await program('register-state.js', [what], options));

  it('the global agents have the options of those they replace', async () => {
    const [plain, secure] = await state('options', { preload: null });
    // Node 20 has no such options, and uses the same values.
    secure.options = { defaultPort: 443, protocol: 'https:', ...secure.options };
    assert.deepEqual(await state('options'), [plain, secure]);
  });

  it('logs know agents and their classes as they know those of Node', async () => {
    assert.deepEqual(await state('shown'), await state('shown', { preload: null }));
  });

  it('a program without HTTP loads next to nothing', async () => {
    const files = await state('loaded');
    assert.ok(files.includes('register/global-agents.js'));
    const unneeded = ['agent/agent.js', 'socket/socket.js', 'pool/pool.js'];
    for (const file of unneeded) assert.ok(!files.includes(file), file);
  });

  it("a program's own agents and classes stay in their place", async () => {
    assert.equal(await state('assigned'), true);
  });

  const knowsGlobalProxy = require('node:http').setGlobalProxyFromEnv !== undefined;
  (knowsGlobalProxy ? it : (title) => it(`${title} [this Node has none]`))(
    'http.setGlobalProxyFromEnv() makes agents of oxagent',
    async () => {
      assert.deepEqual(await state('proxied'), [
        [true, true, true],
        [true, true, false],
      ]);
    },
  );

  const knowsProxies = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');
  (knowsProxies ? it : (title) => it(`${title} [this Node has no such variable]`))(
    'NODE_USE_ENV_PROXY is obeyed',
    async () => {
      const asked = [];
      const proxy = await serve((req, res) => {
        asked.push(req.url);
        res.end();
      });
      const site = await serve();
      const secure = await serveTls();
      const ca = (await pki()).root.pem;
      const env = {
        NODE_USE_ENV_PROXY: '1',
        http_proxy: `http://127.0.0.1:${proxy.port}`,
        https_proxy: '',
        no_proxy: '',
      };
      const args = [site.port, secure.port, ca];
      const seen = result(await program('register-program.js', args, { env }));
      assert.equal(seen['http, globalAgent'].by, 'Agent');
      // An agent that is given no proxies, its own or that of `agent: false`, knows none, as in
      // Node.
      assert.deepEqual(asked, Array(2).fill(`http://127.0.0.1:${site.port}/`));
      assert.equal(site.requests, 2);
    },
  );

  describe('OXAGENT_OPTIONS', () => {
    const withOptions = (options) => ({
      env: { OXAGENT_OPTIONS: typeof options === 'string' ? options : JSON.stringify(options) },
    });

    it('has options of both global agents, over those of Node', async () => {
      const given = { maxSockets: 3, timeout: 250, scheduling: 'fifo', transport: 'node' };
      const before = await state('options');
      const after = await state('options', withOptions(given));
      for (const [i, { options, limits }] of after.entries()) {
        assert.deepEqual(options, { ...before[i].options, ...given });
        assert.deepEqual(limits, ['3', 'Infinity', '256', 'fifo']);
      }
    });

    it('takes every option that it knows', async () => {
      const given = {
        keepAlive: false,
        keepAliveMsecs: 500,
        maxSockets: 1,
        maxTotalSockets: 2,
        maxFreeSockets: 0,
        scheduling: 'lifo',
        timeout: 0,
        noDelay: false,
        agentKeepAliveTimeoutBuffer: 0,
        family: 4,
        localAddress: '127.0.0.1',
        autoSelectFamily: false,
        autoSelectFamilyAttemptTimeout: 20,
        replay: false,
        replayLimit: 0,
        freeSocketTimeout: 1000,
        socketTTL: 60000,
        maxRequestsPerSocket: 100,
        maxQueue: 0,
        queueTimeout: 500,
        connectTimeout: 3000,
        transportWarning: false,
        transport: 'rustls',
        maxCachedSessions: 0,
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        ciphers: 'HIGH',
      };
      for (const { options } of await state('options', withOptions(given))) {
        for (const [name, value] of Object.entries(given)) assert.equal(options[name], value, name);
      }
    });

    it('absent or empty has none', async () => {
      assert.deepEqual(await state('options', withOptions('')), await state('options'));
    });

    it('decides over the transport', async () => {
      const site = await serve();
      const secure = await serveTls();
      const args = [site.port, secure.port, (await pki()).root.pem];
      const env = { OXAGENT_OPTIONS: '{"transport":"node"}' };
      const seen = result(await program('register-program.js', args, { env }));
      assert.equal(seen['https, globalAgent'].native, false);
      assert.equal(seen['https, an agent of its own'].native, true);
    });

    for (const [bad, ...said] of [
      ['{"maxSockets":', 'JSON object'],
      ['[]', 'JSON object', '[]'],
      ['null', 'JSON object', 'null'],
      ['7', 'JSON object', '7'],
      [{ maxSocket: 1 }, "'maxSocket'", 'maxSockets'],
      [{ __proto__: null, constructor: 1 }, "'constructor'"],
      [{ proxyEnv: {} }, "'proxyEnv'"],
      [{ protocol: 'http:' }, "'protocol'"],
      [{ maxSockets: '1' }, "'maxSockets'", '"1"'],
      [{ maxSockets: 0 }, "'maxSockets'", 'at least 1', '0'],
      [{ maxTotalSockets: 1.5 }, "'maxTotalSockets'", '1.5'],
      [{ timeout: -1 }, "'timeout'", '-1'],
      [{ timeout: 2 ** 31 }, "'timeout'", '2147483647'],
      [{ keepAlive: 1 }, "'keepAlive'", 'true or false'],
      [{ scheduling: 'random' }, "'scheduling'", "'fifo'", '"random"'],
      [{ transportWarning: 'off' }, "'transportWarning'", 'true or false'],
      [{ transport: 'openssl' }, "'transport'", "'rustls'"],
      [{ ciphers: '' }, "'ciphers'", '""'],
      [{ maxVersion: 'TLSv1.4' }, "'maxVersion'", '"TLSv1.4"'],
    ]) {
      const text = typeof bad === 'string' ? bad : JSON.stringify(bad);
      it(`${text} stops the program before it starts`, async () => {
        for (const preload of PRELOADS) {
          const ended = await program('register-state.js', ['options'], {
            preload,
            ...withOptions(text),
          });
          assert.equal(ended.code, 1);
          assert.equal(ended.stdout, '');
          const [message] = ended.stderr.match(/^TypeError \[ERR_INVALID_ARG_VALUE\]: .*$/m);
          for (const part of ['OXAGENT_OPTIONS', ...said])
            assert.ok(message.includes(part), message);
        }
      });
    }
  });
});
