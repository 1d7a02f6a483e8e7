'use strict';

const { SMALL_BYTES } = require('../servers/content');
const { columns, ratios } = require('./small');

module.exports = {
  name: 'http',
  summary: 'small GET over keep-alive connections',
  at: [1, 10, 100, 1000],
  servers: ['nginx', 'hyper', 'node'],
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: false,
  columns,
  ratios,
};
