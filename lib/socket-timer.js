'use strict';

// socket.setTimeout(): one unref'd timer, refreshed by activity.

const net = require('node:net');

const TIMEOUT_MAX_MS = 0x7fffffff;

// Returns the socket's timer from now on, which may be null.
function startIdleTimer(socket, timer, msecs, callback) {
  if (!isTimeout(msecs) || (callback !== undefined && typeof callback !== 'function')) {
    // Node's own checks, on a socket that does nothing: its error, or its overflow warning.
    new net.Socket().setTimeout(msecs, callback).destroy();
    msecs = TIMEOUT_MAX_MS;
  }
  if (msecs === 0) {
    if (timer) clearTimeout(timer);
    if (callback !== undefined) socket.removeListener('timeout', callback);
    return null;
  }
  if (callback !== undefined) socket.once('timeout', callback);
  if (timer && timer.msecs === msecs) return timer.refresh();
  if (timer) clearTimeout(timer);
  const started = setTimeout(onTimeout, msecs, socket).unref();
  started.msecs = msecs;
  return started;
}

function isTimeout(msecs) {
  return typeof msecs === 'number' && msecs >= 0 && msecs <= TIMEOUT_MAX_MS;
}

function onTimeout(socket) {
  socket._onTimeout();
}

module.exports = { startIdleTimer };
