'use strict';

const http = require('./http');

module.exports = {
  ...http,
  name: 'http-dd-trace',
  summary: 'small GET over keep-alive connections, under dd-trace',
  tracer: 'dd-trace',
  at: [1, 10, 100],
  clients: ['oxagent', 'http.Agent', 'https.Agent'],
};
