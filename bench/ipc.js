'use strict';

// Questions and answers between the runner and its processes, over fork()'s channel. A process
// lives as long as that channel: when the runner ends, however it ends, its processes end too.

const { fork } = require('node:child_process');
const { once } = require('node:events');

const END_MS = 10_000;

class Child {
  #child;
  #label;
  #waiting = new Map();
  #nextId = 1;

  constructor(file, { label, args = [], env = {}, execPath = process.execPath, execArgv = [] }) {
    this.#label = label;
    // A --cpu-prof of the runner's is not meant for its processes.
    this.#child = fork(file, args, { execPath, execArgv, env: { ...process.env, ...env } });
    this.#child.on('message', ({ id, error, answer }) => {
      const waiter = this.#waiting.get(id);
      if (!waiter) return; // It came after the deadline.
      this.#waiting.delete(id);
      clearTimeout(waiter.timer);
      if (error === undefined) waiter.resolve(answer);
      else waiter.reject(new Error(error));
    });
    this.#child.on('error', (error) => this.#failAll(error.message));
    this.#child.on('exit', (code, signal) =>
      this.#failAll(`the process ended (${signal ?? code})`),
    );
  }

  get pid() {
    return this.#child.pid;
  }

  #failAll(cause) {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error(`${this.#label}: ${cause}`));
    }
    this.#waiting.clear();
  }

  ask(question, payload, deadlineMs = 30_000) {
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) {
        reject(new Error(`${this.#label}: the process has ended`));
        return;
      }
      const id = this.#nextId++;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`${this.#label}: no answer to '${question}' in ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#child.send({ id, question, payload });
    });
  }

  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
  }
}

// The other end: `answers` holds one function a question; `cleanUp` runs when the runner is gone.
function serveParent(answers, cleanUp = async () => {}) {
  process.on('message', async ({ id, question, payload }) => {
    let reply;
    try {
      reply = { id, answer: await answers[question](payload) };
    } catch (error) {
      reply = { id, error: error.message };
    }
    if (process.connected) process.send(reply);
  });
  process.once('disconnect', async () => {
    try {
      await cleanUp();
    } finally {
      process.exit();
    }
  });
}

module.exports = { Child, serveParent };
