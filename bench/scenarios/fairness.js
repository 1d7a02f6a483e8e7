'use strict';

const { SMALL_BYTES } = require('../servers/content');

const LARGE_BYTES = 1024 * 1024 * 1024;

module.exports = {
  name: 'fairness',
  summary: 'small GETs on warm TLS connections beside 3,000 handshakes and a download of 1 GiB',
  secure: true,
  at: [50, 500, 2000],
  clients: ['oxagent', 'https.Agent'],
  servers: ['hyper', 'node'],
  largeBytes: LARGE_BYTES,
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  // The server of the handshakes is busy with them.
  more: ['probes', 'download'],
  // One each 5 ms, over as many connections as are warm.
  probes: { rate: 200, at: 10 },
  handshakes: { requests: 3000, fresh: true },
  download: { path: '/large' },
  window: '3,000 handshakes each',
  columns: [
    { head: 'p50 ms', of: (f) => f.p50Ms, digits: 2 },
    { head: 'p99 ms', of: (f) => f.p99Ms, digits: 2 },
    { head: 'max ms', of: (f) => f.maxMs, digits: 2 },
    { head: 'requests', of: (f) => f.requests, digits: 0 },
    { head: 'handshakes/s', of: (f) => f.handshakesPerSecond, digits: 0 },
    { head: 'download MB/s', of: (f) => f.downloadedMBPerSecond, digits: 0 },
  ],
  ratios: [
    { head: 'p50', of: (f) => f.p50Ms },
    { head: 'p99', of: (f) => f.p99Ms },
    { head: 'max', of: (f) => f.maxMs },
    { head: 'handshakes/s', of: (f) => f.handshakesPerSecond },
    { head: 'download MB/s', of: (f) => f.downloadedMBPerSecond },
  ],
};
