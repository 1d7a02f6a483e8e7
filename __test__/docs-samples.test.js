'use strict';

// Every sample in README.md and docs/ is run as it is written there, in a folder that has oxagent
// installed. Only the ports of its URLs are changed, to those of servers on this machine.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { version } = require('../package.json');
const { pki } = require('./support/certificates');
const { blocksOf, ROOT, userPages } = require('./support/markdown');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const HTTP = 'http://localhost:8080/';
const HTTPS = 'https://localhost:8443/';
// What still runs then hangs.
const LIMIT_MS = 20_000;
const LANGUAGES = ['js', 'sh', 'text'];

const all = userPages().flatMap((page) => blocksOf(page).map((block) => ({ page, ...block })));
const samples = all.filter(({ language }) => language === 'js');
const switches = all
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text, ...block }) => text.split('\n').map((command) => ({ ...block, command })))
  .filter(({ command }) => command.includes('oxagent/register'));

const isModule = (text) => /^import /m.test(text);

// In the folder of the samples, with the Node that runs this test.
function start(command, args, folder) {
  const env = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: path.join(folder, 'our-root.pem'),
    PATH: path.dirname(process.execPath) + path.delimiter + process.env.PATH,
  };
  return spawn(command, args, { cwd: folder, env, timeout: LIMIT_MS });
}

async function outcome(child) {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...output };
}

describe('a sample of the documentation', () => {
  let folder;
  let plain;
  let secure;
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-samples-'));
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(ROOT, path.join(folder, 'node_modules', 'oxagent'), 'junction');
    // Deno reads it before it looks into node_modules.
    const manifest = { dependencies: { oxagent: version } };
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
    fs.writeFileSync(path.join(folder, 'our-root.pem'), (await pki()).root.pem);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    plain = await serve();
    secure = await serveTls();
  });
  afterEach(closeServers);

  const write = (name, text) => {
    const local = text
      .replaceAll(HTTP, `http://localhost:${plain.port}/`)
      .replaceAll(HTTPS, `https://localhost:${secure.port}/`);
    fs.writeFileSync(path.join(folder, name), local);
  };

  it('says in which language it is', () => {
    const others = all.filter(({ language }) => !LANGUAGES.includes(language));
    assert.deepEqual(others, []);
  });

  for (const { page, line, text, next } of samples) {
    it(`runs: ${page}:${line}`, async () => {
      const name = isModule(text) ? 'sample.mjs' : 'sample.cjs';
      write(name, text);
      const child = start(process.execPath, [name], folder);
      assert.deepEqual(await outcome(child), {
        code: 0,
        signal: null,
        stdout: next?.language === 'text' ? next.text : '',
        stderr: '',
      });
      assert.equal(plain.requests, text.split(HTTP).length - 1);
      assert.equal(secure.requests, text.split(HTTPS).length - 1);
      assert.ok(plain.requests + secure.requests > 0, 'the sample sends nothing');
    });
  }

  // The commands are those of a shell that Windows does not have.
  const posix = process.platform === 'win32' ? it.skip : it;
  for (const { page, line, command } of switches) {
    posix(`starts an unchanged program: ${page}:${line}`, async () => {
      const program = `
        const http = require('node:http');
        http.get('${HTTP}', (response) => {
          console.log(response.socket.transport, http.globalAgent.maxSockets);
          response.resume();
        });`;
      write('app.js', program);
      const child = start('sh', ['-c', command], folder);
      const { maxSockets = Infinity } = JSON.parse(/'(\{.*\})'/.exec(command)?.[1] ?? '{}');
      assert.deepEqual(await outcome(child), {
        code: 0,
        signal: null,
        stdout: `native ${maxSockets}\n`,
        stderr: '',
      });
    });
  }
});
