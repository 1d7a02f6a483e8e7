'use strict';

const { columns, ratios } = require('./transfer');
const { SMALL_BYTES } = require('../servers/content');

module.exports = {
  name: 'http-upload',
  summary: '64 MiB POST from a stream, to a server that drops it',
  at: [1],
  // nginx has no way to read a body and drop it.
  servers: ['hyper', 'node'],
  request: { method: 'POST', path: '/sink', bodyBytes: 64 * 1024 * 1024 },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: true,
  columns,
  ratios,
};
