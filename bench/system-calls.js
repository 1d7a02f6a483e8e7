'use strict';

// Counts the system calls of this process, of all its threads, by name. perf hardly slows it; strace,
// where there is no perf or it may not, slows it by several times, and what waits then gathers.

const { spawn } = require('node:child_process');
const { once } = require('node:events');

// The signal at which both tell what they have counted.
const END_SIGNAL = 'SIGINT';
const START_MS = 15_000;

// What perf counts: all, and the names that sockets, loops and threads need. Each name takes it some
// 40 ms to begin and to end with.
const ALL = 'raw_syscalls:sys_enter';
const NAMED = 'syscalls:sys_enter_';
const NAMES = [
  'epoll_*wait*',
  'epoll_ctl',
  'futex',
  'read',
  'recvfrom',
  'recvmsg',
  'sendmsg',
  'sendto',
  'write',
  'writev',
];

class Tool {
  #child;
  #said = '';
  #onText = () => {};
  #ended;

  constructor(command, args, stdio = []) {
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', ...stdio] });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#said += text;
      this.#onText();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#said ||= error.message;
        resolve();
      });
      this.#child.on('close', resolve);
    });
  }

  pipe(number) {
    return this.#child.stdio[number];
  }

  // Rejects when it ends or takes too long instead.
  async ready(becomesReady) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.#child.kill('SIGKILL');
        reject(new Error('it does not start to count'));
      }, START_MS);
    });
    const gone = this.#ended.then(() => {
      throw new Error(this.#said.trim().split('\n')[0] || 'it ended');
    });
    try {
      await Promise.race([becomesReady, gone, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  says(words) {
    return new Promise((resolve) => {
      this.#onText = () => this.#said.includes(words) && resolve();
    });
  }

  /** What it has said, to its end. */
  async end() {
    this.#child.kill(END_SIGNAL);
    await this.#ended;
    return this.#said;
  }
}

function countsIn(text, pattern) {
  const counts = {};
  for (const [, count, name] of text.matchAll(pattern)) {
    if (Number(count) > 0) counts[name] = Number(count);
  }
  return counts;
}

const TOOLS = {
  async perf(pid) {
    const events = [ALL, ...NAMES.map((name) => NAMED + name)].join();
    const control = ['--control', 'fd:3,4', '--delay', '-1'];
    const tool = new Tool(
      'perf',
      ['stat', '-x', ',', '-e', events, ...control, '-p', String(pid)],
      ['pipe', 'pipe'],
    );
    const [commands, answers] = [tool.pipe(3), tool.pipe(4)];
    commands?.on('error', () => {}); // It has ended, which is told besides.
    const obey = (command) => {
      commands?.write(`${command}\n`);
      return answers ? once(answers, 'data') : new Promise(() => {});
    };
    await tool.ready(obey('enable'));
    return async () => {
      await tool.ready(obey('disable'));
      const { [ALL]: all = 0, ...named } = countsIn(await tool.end(), /^(\d+),,([\w:]+),/gm);
      const counts = {};
      let others = all;
      for (const [name, count] of Object.entries(named)) {
        counts[name.slice(NAMED.length)] = count;
        others -= count;
      }
      return { ...counts, others };
    };
  },

  async strace(pid) {
    const tool = new Tool('strace', ['-c', '-f', '-p', String(pid)]);
    await tool.ready(tool.says('attached'));
    return async () =>
      countsIn(await tool.end(), /^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?((?!total)\w+)$/gm);
  },
};

/**
 * Counts from now on. Resolves with the name of the `tool` and `end()`, which resolves with the
 * counts by name; or with `why` there is none.
 */
async function watchSystemCalls() {
  const failures = [];
  for (const [tool, start] of Object.entries(TOOLS)) {
    try {
      return { tool, end: await start(process.pid) };
    } catch (error) {
      failures.push(`${tool}: ${error.message}`);
    }
  }
  return { why: failures.join('; ') };
}

module.exports = { watchSystemCalls };
