'use strict';

const { SMALL_BYTES } = require('../servers/content');
const { against } = require('./small');

module.exports = {
  name: 'http-paced',
  summary: 'small GETs that begin by the clock, each answered after 2 ms',
  // More than are ever under way at these rates, unless the client stalls.
  at: [100],
  rates: [500, 2000, 5000],
  clients: ['oxagent', 'http.Agent', 'https.Agent', 'undici Pool'],
  // nginx can't wait.
  servers: ['hyper', 'node'],
  delayMs: 2,
  request: { method: 'GET', path: '/delayed' },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: false,
  against,
  columns: [
    { head: 'req/s', of: (f) => f.requestsPerSecond, digits: 0 },
    { head: 'loop us/req', of: (f) => f.loopMicrosPerRequest, digits: 1 },
    { head: 'thread cpu us', of: (f) => f.threadCpuMicrosPerRequest, digits: 1 },
    { head: 'process cpu us', of: (f) => f.processCpuMicrosPerRequest, digits: 1 },
    { head: 'p50 ms', of: (f) => f.p50Ms, digits: 3 },
    { head: 'p99 ms', of: (f) => f.p99Ms, digits: 3 },
    { head: 'late p99 ms', of: (f) => f.lateP99Ms, digits: 2 },
  ],
  ratios: [
    { head: 'loop us/req', of: (f) => f.loopMicrosPerRequest },
    { head: 'process cpu', of: (f) => f.processCpuMicrosPerRequest },
    { head: 'p50', of: (f) => f.p50Ms },
    { head: 'p99', of: (f) => f.p99Ms },
  ],
};
