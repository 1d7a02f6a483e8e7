'use strict';

// How many bytes of a connection may be on their way to the kernel before a write waits. The least
// window leaves a fast server idle while JavaScript is woken to write on; a larger one is memory
// that waits for a slow server. So it follows the server: it grows where it leaves within a
// millisecond, and a long wait takes it back.

const { WINDOW_BYTES_MIN } = require('../bridge/commands');
const { monotonicNow } = require('../node/originals');

// Half as much again may be on its way, and a write more.
const WINDOW_BYTES_MAX = 2 * 1024 * 1024;

// Milliseconds that a write waits.
const SHORT_MS = 1;
const LONG_MS = 10;

// Bytes that leave without a long wait before the window grows: more than the kernels of both ends
// take for a server that reads nothing.
const SWIFT_BYTES_MIN = 16 * 1024 * 1024;

const kWindow = Symbol('window');
const kSwiftBytes = Symbol('swiftBytes');
const kWaitingSince = Symbol('waitingSince');

function initWindow(socket) {
  socket[kWindow] = WINDOW_BYTES_MIN;
  socket[kSwiftBytes] = 0;
  socket[kWaitingSince] = 0;
}

// The window is full, and a write waits.
function beginWait(socket) {
  socket[kWaitingSince] = monotonicNow();
}

// The kernel has taken what the write waited for.
function endWait(socket) {
  const waited = monotonicNow() - socket[kWaitingSince];
  if (waited > LONG_MS) {
    socket[kWindow] = WINDOW_BYTES_MIN;
    socket[kSwiftBytes] = 0;
    return;
  }
  socket[kSwiftBytes] += socket[kWindow];
  if (socket[kSwiftBytes] < SWIFT_BYTES_MIN || waited > SHORT_MS) return;
  socket[kWindow] = Math.min(socket[kWindow] * 2, WINDOW_BYTES_MAX);
}

module.exports = { beginWait, endWait, initWindow, kWindow };
