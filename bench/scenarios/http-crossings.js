'use strict';

const http = require('./http');

// Less often than once in so many requests is not told.
const LEAST = 0.005;

function byName(counts) {
  const told = Object.entries(counts)
    .filter(([, count]) => count >= LEAST)
    .sort(([, a], [, b]) => b - a);
  return told.map(([name, count]) => `${name} ${count.toFixed(2)}`).join(', ');
}

// Of the last round, as a name may be missing in another.
function details({ name, rounds }) {
  const last = rounds.at(-1);
  if (!last) return [];
  const { systemCalls, watchedBy, notWatched, bridge } = last;
  const lines = [
    systemCalls
      ? `${name}, system calls (${watchedBy}): ${byName(systemCalls)}`
      : `${name}, no system calls: ${notWatched}`,
  ];
  if (Object.keys(bridge).length > 0) lines.push(`${name}, calls of the addon: ${byName(bridge)}`);
  return lines;
}

module.exports = {
  ...http,
  name: 'http-crossings',
  summary: 'what a small GET takes of system calls, context switches and calls of the addon',
  at: [1, 10, 100],
  rounds: 3,
  clients: ['oxagent', 'http.Agent', 'https.Agent'],
  crossings: true,
  against: [],
  columns: [
    { head: 'req/s', of: (f) => f.requestsPerSecond, digits: 0 },
    { head: 'system calls', of: (f) => f.systemCallsPerRequest, digits: 2 },
    { head: 'waits', of: (f) => f.waitsPerRequest, digits: 2 },
    { head: 'preemptions', of: (f) => f.preemptionsPerRequest, digits: 2 },
    { head: 'addon calls', of: (f) => f.bridgeCallsPerRequest, digits: 2 },
    { head: 'wake-ups', of: (f) => f.wakesPerRequest, digits: 2 },
  ],
  ratios: [],
  details,
};
