'use strict';

// The figures of a scenario whose requests are few and large: MB/s instead of requests/s, and what
// a whole transfer costs the event loop.

const columns = [
  { head: 'MB/s', of: (f) => f.megabytesPerSecond, digits: 0 },
  { head: 'loop busy', of: (f) => f.loopBusy, digits: 2 },
  { head: 'loop ms/transfer', of: (f) => f.loopMicrosPerRequest / 1e3, digits: 1 },
  { head: 'process cpu ms', of: (f) => f.processCpuMicrosPerRequest / 1e3, digits: 1 },
  { head: 'transfer p50 ms', of: (f) => f.p50Ms, digits: 1 },
  { head: 'peak RSS MiB', of: (f) => f.peakRssMiB, digits: 0 },
  { head: 'server cores', of: (f) => f.serverCores, digits: 2 },
];

const ratios = [
  { head: 'MB/s', of: (f) => f.megabytesPerSecond },
  { head: 'loop ms/transfer', of: (f) => f.loopMicrosPerRequest },
  { head: 'process cpu', of: (f) => f.processCpuMicrosPerRequest },
  { head: 'peak RSS', of: (f) => f.peakRssMiB },
];

module.exports = { columns, ratios };
