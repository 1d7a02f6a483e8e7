'use strict';

// Runs a fixture of this suite in a process of its own and says how it ended.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

const fixtures = path.join(__dirname, '..', 'fixtures');

function start(fixture, args = [], { execArgv = [], env = {}, cwd } = {}) {
  const child = spawn(
    process.execPath,
    [...execArgv, path.join(fixtures, fixture), ...args.map(String)],
    { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  // A fixture that waits for nothing must end although its parent could still talk to it.
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  child.output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    child.output.stdout += text;
  });
  child.stderr.on('data', (text) => {
    child.output.stderr += text;
  });
  return child;
}

async function ended(child) {
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...child.output };
}

// { code, signal, stdout, stderr } of a fixture that ends by itself.
async function run(fixture, args, options) {
  const child = start(fixture, args, options);
  const watchdog = setTimeout(() => child.kill('SIGKILL'), options?.limit ?? 30_000);
  try {
    return await ended(child);
  } finally {
    clearTimeout(watchdog);
  }
}

// The JSON object that a fixture prints as its last line.
function result({ code, signal, stdout, stderr }) {
  if (code !== 0) throw new Error(`fixture ended with ${signal ?? code}\n${stdout}\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

// A server in a process of its own that can be asked to do things; see fixtures/stuck-server.js.
async function startServer(fixture, args) {
  const child = start(fixture, args);
  const [{ port, ports, backlog }] = await once(child, 'message');
  return {
    port,
    ports,
    backlog,
    child,
    async stop() {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}

module.exports = { fixtures, run, start, ended, result, startServer };
