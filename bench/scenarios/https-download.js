'use strict';

const httpDownload = require('./http-download');

module.exports = {
  ...httpDownload,
  name: 'https-download',
  summary: '256 MiB response body over TLS, read to its end',
  secure: true,
};
