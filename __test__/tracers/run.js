'use strict';

// Runs the program under a tracer, in a process of its own.

const { fork } = require('node:child_process');
const path = require('node:path');
const { spanTree } = require('./span-tree');

const START = path.join(__dirname, 'start.js');
const REGISTER = path.join(__dirname, '..', '..', 'register.js');
const EXPORTS = path.join(__dirname, '..', '..', 'index.js');
const LIMIT_MS = 30_000;

// Each way to load oxagent and a tracer, in their order, and whose agents the program makes.
const WAYS = {
  node: { preloads: [START] },
  'by require, after the tracer': { preloads: [START, EXPORTS], agent: 'exports' },
  'by require, before the tracer': { preloads: [EXPORTS, START], agent: 'exports' },
  'by register, after the tracer': { preloads: [START, REGISTER] },
  'by register, before the tracer': { preloads: [REGISTER, START] },
};

// `tool` is an entry of ./tools.
async function runProgram(tool, way, sites) {
  const { preloads, agent } = WAYS[way];
  const program = path.join(__dirname, 'program', tool.modules ? 'program.mjs' : 'program.js');
  const execArgv = [
    ...(tool.execArgv ?? []),
    ...preloads.flatMap((file) => [tool.modules ? '--import' : '--require', file]),
  ];
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_EXTRA_CA_CERTS: '',
    ...tool.env,
    TRACER: tool.file,
    AGENT: agent ?? '',
    SITES: JSON.stringify(sites),
  };
  const child = fork(program, { execArgv, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
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
  const [code, signal] = await new Promise((resolve) => {
    child.on('close', (...how) => resolve(how));
  });
  clearTimeout(watchdog);
  if (code !== 0 || !said) throw new Error(`the program ended with ${signal ?? code}\n${output}`);
  return { ...said, spans: spanTree(said.spans, sites) };
}

module.exports = { WAYS, runProgram };
