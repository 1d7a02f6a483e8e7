'use strict';

const http = require('./http');

module.exports = {
  ...http,
  name: 'http-opentelemetry',
  summary:
    "small GET over keep-alive connections, under OpenTelemetry's net and dns instrumentation",
  tracer: 'opentelemetry',
  at: [1, 10, 100],
  clients: ['oxagent', 'http.Agent', 'https.Agent'],
};
