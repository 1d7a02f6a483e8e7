'use strict';

const http = require('./http');

module.exports = {
  ...http,
  name: 'https',
  summary: 'small GET over keep-alive TLS connections',
  secure: true,
  // nginx takes a quarter more CPU time for a request over TLS.
  servers: ['hyper', 'nginx', 'node'],
};
