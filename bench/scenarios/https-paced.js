'use strict';

const httpPaced = require('./http-paced');

module.exports = {
  ...httpPaced,
  name: 'https-paced',
  summary: 'small GETs over TLS that begin by the clock, each answered after 2 ms',
  secure: true,
};
