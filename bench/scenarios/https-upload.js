'use strict';

const httpUpload = require('./http-upload');

module.exports = {
  ...httpUpload,
  name: 'https-upload',
  summary: '256 MiB POST from a stream over TLS, to a server that drops it',
  secure: true,
  request: { ...httpUpload.request, bodyBytes: 256 * 1024 * 1024 },
};
