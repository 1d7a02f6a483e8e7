'use strict';

const https = require('./https');

module.exports = {
  ...https,
  name: 'https-opentelemetry',
  summary:
    "small GET over keep-alive TLS connections, under OpenTelemetry's net and dns instrumentation",
  tracer: 'opentelemetry',
  at: [1, 10, 100],
  clients: ['oxagent', 'http.Agent', 'https.Agent'],
};
