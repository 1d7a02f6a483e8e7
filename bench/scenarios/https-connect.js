'use strict';

const { SMALL_BYTES } = require('../servers/content');

const REQUESTS = 3000;

module.exports = {
  name: 'https-connect',
  summary: '3,000 new TLS connections, a small GET on each, no session resumed',
  secure: true,
  at: [50],
  rounds: 3,
  servers: ['nginx', 'node'],
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: true,
  requests: REQUESTS,
  fresh: true,
  loopDelay: true,
  columns: [
    { head: 'connections/s', of: (f) => f.requestsPerSecond, digits: 0 },
    { head: 'loop delay p99 ms', of: (f) => f.loopDelayP99Ms, digits: 2 },
    { head: 'loop us/conn', of: (f) => f.loopMicrosPerRequest, digits: 1 },
    { head: 'thread cpu us', of: (f) => f.threadCpuMicrosPerRequest, digits: 1 },
    { head: 'process cpu us', of: (f) => f.processCpuMicrosPerRequest, digits: 1 },
    { head: 'p50 ms', of: (f) => f.p50Ms, digits: 2 },
    { head: 'p99 ms', of: (f) => f.p99Ms, digits: 2 },
  ],
  ratios: [
    { head: 'connections/s', of: (f) => f.requestsPerSecond },
    { head: 'loop delay p99', of: (f) => f.loopDelayP99Ms },
    { head: 'loop us/conn', of: (f) => f.loopMicrosPerRequest },
    { head: 'process cpu', of: (f) => f.processCpuMicrosPerRequest },
    { head: 'p50', of: (f) => f.p50Ms },
  ],
};
