'use strict';

const { SMALL_BYTES } = require('../servers/content');
const { columns, ratios } = require('./small');

module.exports = {
  name: 'floor',
  summary: 'small GETs, and the same over a transport that costs nothing: the floor',
  at: [1, 10, 100],
  seconds: 1,
  clients: ['oxagent', 'http.Agent', 'undici Pool', 'floor'],
  servers: ['nginx', 'hyper', 'node'],
  request: { method: 'GET', path: '/small' },
  response: { status: 200, bytes: SMALL_BYTES },
  whole: false,
  columns,
  against: ['floor'],
  // The first is the share of the floor's rate.
  ratios,
};
