'use strict';

const { once } = require('node:events');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');

const { randomOf } = require('../../../__test__/support/random');
const { agentOf } = require('../agents');
const { openDescriptors, threads } = require('../kernel');
const { send } = require('../request');

const WORKER = path.join(__dirname, '..', 'worker.js');

// From the first answers in a worker to its end.
const LONGEST_MS = 20;
// For what is closed on other threads.
const SETTLE_MS = 10_000;
const LOOK_MS = 50;

const held = () => ({ threads: threads(), descriptors: openDescriptors() });

async function runWorker(workerData, afterMs, errors) {
  const worker = new Worker(WORKER, { workerData });
  worker.on('error', (error) => errors.push(error.code ?? error.message));
  const ended = once(worker, 'exit');
  // A worker that fails says nothing, and ends.
  await Promise.race([once(worker, 'message'), ended]);
  await delay(afterMs);
  await worker.terminate();
}

// What is held when it is no more than it was, or when it has had its time.
async function settled(before) {
  const giveUpAt = performance.now() + SETTLE_MS;
  for (;;) {
    const now = held();
    const isBack = now.threads <= before.threads && now.descriptors <= before.descriptors;
    if (isBack || performance.now() > giveUpAt) return now;
    await delay(LOOK_MS);
  }
}

// The agents of the main thread keep no connection: none is to be counted.
async function sendAll(client, sites) {
  let answered = 0;
  for (const site of sites) {
    await send(agentOf(client, site, { keepAlive: false }), site);
    answered += 1;
  }
  return answered;
}

async function measure({ client, sites, workers, at, seed }) {
  const random = randomOf(seed);
  const errors = [];
  const beganAt = performance.now();
  // What the first ones start for all: the I/O thread, Node's own pool of threads.
  await sendAll(client, sites);
  await runWorker({ client, sites }, 0, errors);
  await delay(LOOK_MS);
  const before = held();

  let left = workers;
  let terminated = 0;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await runWorker({ client, sites }, random.next() * LONGEST_MS, errors);
      terminated += 1;
    }
  };
  await Promise.all(Array.from({ length: at }, lane));

  const after = await settled(before);
  const answered = await sendAll(client, sites);
  const seconds = (performance.now() - beganAt) / 1e3;
  return { terminated, errors, before, after, answered, seconds };
}

module.exports = { measure };
