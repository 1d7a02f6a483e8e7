'use strict';

// Runs a file of the suite in a process of its own, plain or with oxagent/register.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const REGISTER = path.join(__dirname, '..', '..', 'register.js');

// For the file and the programs that it starts, which must not find it among their arguments. By
// --require, as --import has Node load every program by its loader of ES modules.
const SWAPPED = { NODE_OPTIONS: `--require=${JSON.stringify(REGISTER)}` };

// Node's common/index.js: the port of those files that take a fixed one.
const PORT = 12346;
const PORTS_PER_LANE = 100;

const OUTPUT_KEPT = 4096;

// How Node's suite says that a file has nothing to test here.
const SKIPPED = /^1\.\.0 # Skipped/m;

class Runner {
  #tests;
  #node;
  #seconds;
  #scratch;

  constructor({ tests, node, seconds }) {
    this.#tests = tests;
    this.#node = node;
    this.#seconds = seconds;
    this.#scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-conformance-'));
  }

  end() {
    fs.rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** `{ passed, skipped, how, output }`; files of different lanes may run at once. */
  async run({ file, flags, env }, { swapped, lane }) {
    const child = spawn(this.#node, [...flags, file], {
      cwd: path.dirname(this.#tests),
      env: { ...this.#environment(lane), ...(swapped ? SWAPPED : {}), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that it can be ended with all that it has started.
      detached: process.platform !== 'win32',
    });
    let output = '';
    const keep = (text) => {
      output = (output + text).slice(-OUTPUT_KEPT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    let late = false;
    const watchdog = setTimeout(() => {
      late = true;
      kill(child);
    }, this.#seconds * 1000);
    try {
      const [code, signal] = await once(child, 'close');
      const how = late ? `not done in ${this.#seconds} s` : (signal ?? `exit code ${code}`);
      return { passed: code === 0, skipped: SKIPPED.test(output), how, output };
    } finally {
      clearTimeout(watchdog);
    }
  }

  #environment(lane) {
    const env = {
      ...process.env,
      NODE_COMMON_PORT: String(PORT + lane * PORTS_PER_LANE),
      NODE_TEST_DIR: this.#scratch,
      TEST_THREAD_ID: String(lane),
      TEST_SERIAL_ID: String(lane),
    };
    // What is set for this process must change nothing in those files.
    for (const name of ['NODE_OPTIONS', 'NODE_ENV', 'OXAGENT_OPTIONS']) delete env[name];
    for (const name of Object.keys(env)) {
      if (name.startsWith('npm_')) delete env[name];
    }
    return env;
  }
}

function kill(child) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

module.exports = { Runner };
