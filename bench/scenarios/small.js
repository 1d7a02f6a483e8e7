'use strict';

// The figures of a scenario whose requests are many and small.

const columns = [
  { head: 'req/s', of: (f) => f.requestsPerSecond, digits: 0 },
  { head: 'loop us/req', of: (f) => f.loopMicrosPerRequest, digits: 1 },
  { head: 'thread cpu us', of: (f) => f.threadCpuMicrosPerRequest, digits: 1 },
  { head: 'process cpu us', of: (f) => f.processCpuMicrosPerRequest, digits: 1 },
  { head: 'p50 ms', of: (f) => f.p50Ms, digits: 3 },
  { head: 'p99 ms', of: (f) => f.p99Ms, digits: 3 },
  { head: 'peak RSS MiB', of: (f) => f.peakRssMiB, digits: 0 },
];

const ratios = [
  { head: 'req/s', of: (f) => f.requestsPerSecond },
  { head: 'loop us/req', of: (f) => f.loopMicrosPerRequest },
  { head: 'process cpu', of: (f) => f.processCpuMicrosPerRequest },
  { head: 'p50', of: (f) => f.p50Ms },
  { head: 'p99', of: (f) => f.p99Ms },
];

// Node's own agents, and the fastest way to send a request from Node without an addon.
const against = ['http.Agent', 'https.Agent', 'undici Pool'];

module.exports = { against, columns, ratios };
