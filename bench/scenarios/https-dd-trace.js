'use strict';

const https = require('./https');

module.exports = {
  ...https,
  name: 'https-dd-trace',
  summary: 'small GET over keep-alive TLS connections, under dd-trace',
  tracer: 'dd-trace',
  at: [1, 10, 100],
  clients: ['oxagent', 'http.Agent', 'https.Agent'],
};
