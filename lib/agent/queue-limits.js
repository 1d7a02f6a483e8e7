'use strict';

// The errors of requests for which the queue has no place, or that have waited too long in it.

const { coded } = require('../errors/node-errors');
const { originText } = require('../errors/origin-text');

// `options` are those of the request's connection.
function queueFull(maxQueue, options) {
  return coded(
    Error,
    'OXAGENT_QUEUE_FULL',
    `No socket is free for ${originText(options)}, and as many requests as maxQueue (${maxQueue}) ` +
      'allows are waiting already',
  );
}

function queueTimedOut(queueTimeout, options) {
  return coded(
    Error,
    'OXAGENT_QUEUE_TIMEOUT',
    `No socket came free for ${originText(options)} within queueTimeout (${queueTimeout} ms)`,
  );
}

module.exports = { queueFull, queueTimedOut };
