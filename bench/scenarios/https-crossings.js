'use strict';

const https = require('./https');
const httpCrossings = require('./http-crossings');

module.exports = {
  ...httpCrossings,
  name: 'https-crossings',
  summary: 'the same of a small GET over TLS',
  secure: true,
  servers: https.servers,
};
