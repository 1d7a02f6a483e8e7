'use strict';

const { SMALL_BYTES } = require('../servers/content');

module.exports = {
  name: 'https-parked',
  summary: 'memory of 2,000 idle TLS connections',
  secure: true,
  at: [2000],
  rounds: 3,
  servers: ['nginx', 'node'],
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  parked: true,
  window: 'each in a new process',
  columns: [
    { head: 'RSS KiB/conn', of: (f) => f.rssKiBPerConnection, digits: 1 },
    { head: 'of it JS heap', of: (f) => f.heapKiBPerConnection, digits: 1 },
    { head: 'RSS before MiB', of: (f) => f.rssBeforeMiB, digits: 0 },
    { head: 'RSS parked MiB', of: (f) => f.rssParkedMiB, digits: 0 },
  ],
  ratios: [
    { head: 'RSS KiB/conn', of: (f) => f.rssKiBPerConnection },
    { head: 'JS heap', of: (f) => f.heapKiBPerConnection },
  ],
};
