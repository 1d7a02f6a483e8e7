'use strict';

const { columns, ratios } = require('./transfer');

const LARGE_BYTES = 256 * 1024 * 1024;

module.exports = {
  name: 'http-download',
  summary: '256 MiB response body, read to its end',
  at: [1],
  servers: ['hyper', 'nginx', 'node'],
  largeBytes: LARGE_BYTES,
  request: { method: 'GET', path: '/large' },
  response: { status: 200, bytes: LARGE_BYTES },
  whole: true,
  columns,
  ratios,
};
