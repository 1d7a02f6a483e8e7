'use strict';

const http = require('./http');

module.exports = {
  ...http,
  name: 'https',
  summary: 'small GET over keep-alive TLS connections',
  secure: true,
  // Each has handshakes to make before it is measured: so the run takes no longer than that of http.
  seconds: 1,
};
