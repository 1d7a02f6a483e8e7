'use strict';

const { setTimeout: delay } = require('node:timers/promises');

const LONGEST_MS = 5000;
const LOOK_MS = 10;

function poolCounts(agent) {
  const listed = (lists) => Object.values(lists).reduce((sum, { length }) => sum + length, 0);
  return {
    sockets: listed(agent.sockets),
    freeSockets: listed(agent.freeSockets),
    requests: listed(agent.requests),
    totalSocketCount: agent.totalSocketCount,
  };
}

/** The counts of a destroyed agent, once they are zero; those that stand after 5 s, else. */
async function countsLeft(agent) {
  const giveUpAt = performance.now() + LONGEST_MS;
  for (;;) {
    const counts = poolCounts(agent);
    const isEmpty = Object.values(counts).every((count) => count === 0);
    if (isEmpty || performance.now() > giveUpAt) return counts;
    await delay(LOOK_MS);
  }
}

module.exports = { countsLeft, poolCounts };
