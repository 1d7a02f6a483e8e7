'use strict';

// Of this machine, where nobody listens: for what a tracer would send.
module.exports = { NOWHERE: 'http://127.0.0.1:9' };
