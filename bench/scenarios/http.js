'use strict';

const { SMALL_BYTES } = require('../servers/content');
const { against, columns, ratios } = require('./small');

module.exports = {
  name: 'http',
  summary: 'small GET over keep-alive connections',
  at: [1, 4, 10, 32, 100, 1000],
  seconds: 1,
  servers: ['nginx', 'hyper', 'node'],
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: false,
  against,
  columns,
  ratios,
};
