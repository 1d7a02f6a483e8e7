'use strict';

// Runs a program under a tracer or a mock, in a process of its own.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { spanTree } = require('./span-tree');

const ROOT = path.join(__dirname, '..', '..');
const EXPORTS = path.join(ROOT, 'index.js');
const REGISTER = path.join(ROOT, 'register.js');
const LIMIT_MS = 30_000;

// Each way to load oxagent and a tool, in their order, and which agents the program makes.
const WAYS = {
  node: { preloads: (tool) => [tool] },
  'by require, after it': { preloads: (tool) => [tool, EXPORTS], agent: 'exports' },
  'by require, before it': { preloads: (tool) => [EXPORTS, tool], agent: 'exports' },
  'by register, after it': { preloads: (tool) => [tool, REGISTER] },
  'by register, before it': { preloads: (tool) => [REGISTER, tool] },
};

// `tool` is an entry of ./tools or ./mocks, `loader` the file that loads it.
async function run(program, { loader, tool, way, sites }) {
  const { preloads, agent } = WAYS[way];
  const flag = tool.modules ? '--import' : '--require';
  const files = preloads(path.join(__dirname, loader));
  const execArgv = [...(tool.execArgv ?? []), ...files.flatMap((file) => [flag, file])];
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    ...tool.env,
    TOOL: JSON.stringify({ file: tool.file, args: tool.args }),
    AGENT: agent,
    SITES: JSON.stringify(sites),
  };
  const child = fork(path.join(__dirname, 'program', program), {
    cwd: __dirname,
    execArgv,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  let said;
  child.on('message', (message) => {
    said = message;
  });
  const watchdog = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const [code, signal] = await once(child, 'close');
  clearTimeout(watchdog);
  if (code !== 0 || !said) throw new Error(`the program ended with ${signal ?? code}\n${output}`);
  return said;
}

async function runTraced(tool, way, sites) {
  const program = tool.modules ? 'program.mjs' : 'program.js';
  const said = await run(program, { loader: 'start.js', tool, way, sites });
  return { ...said, spans: spanTree(said.spans, sites) };
}

async function runMocked(tool, way, sites) {
  const { outcomes } = await run('mocked.js', { loader: 'mock.js', tool, way, sites });
  return outcomes;
}

module.exports = { WAYS, runMocked, runTraced };
