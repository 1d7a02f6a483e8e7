'use strict';

// What a socket has written, what of it the kernel has taken, and when a write calls back.
//
// A write calls back as soon as it is on its way: an upload would wait for the I/O thread, and for
// JavaScript to be woken, with each of its writes. Two wait for the kernel: one that fills the
// window, and a request's last. When a request is finished, the kernel has all of it, as with
// Node's sockets: in 'finish' a program may exit, or destroy the request.

const { native } = require('../bridge/addon');
const { WINDOW_BYTES_MIN, acknowledge } = require('../bridge/commands');
const { requestOf } = require('../node/client');
const { nextTick } = require('../node/originals');
const { hasWriteCallback } = require('../node/socket-fields');
const { NO_CONNECTION, kConn } = require('./connection');
const { beginWait, endWait, initWindow, kWindow } = require('./write-window');

// What the kernel takes at once of a connection that has nothing else to send: the send buffer that
// a connection begins with on Linux, the smallest there is.
const SURE_BYTES_MAX = 16 * 1024;

const kBytesWritten = Symbol('bytesWritten');
// What was written on the connections before a replay's.
const kWrittenBefore = Symbol('writtenBefore');
const kWrittenSeen = Symbol('writtenSeen');
// Bytes of the exchange of which no WRITTEN event will tell, those of which one will, and these by
// event.
const kUnmarked = Symbol('unmarked');
const kMarked = Symbol('marked');
const kMarks = Symbol('marks');
// The callback of a write that waits for the window, and that of a request's last.
const kWriteCallback = Symbol('writeCallback');
const kEndCallback = Symbol('endCallback');

function initInFlight(socket) {
  socket[kBytesWritten] = 0;
  socket[kWriteCallback] = null;
  socket[kEndCallback] = null;
  beginConnection(socket);
}

// The connection is new, and nothing was written on it yet.
function beginConnection(socket) {
  socket[kWrittenBefore] = socket[kBytesWritten];
  socket[kWrittenSeen] = 0;
  socket[kUnmarked] = 0;
  socket[kMarked] = 0;
  socket[kMarks] = null;
  initWindow(socket);
}

// A new request holds the connection: the kernel has all of the one before.
function beginWrites(socket) {
  socket[kUnmarked] = 0;
}

// Counts a write of `length` bytes, negative where a WRITTEN event will tell of it.
function countWrite(socket, length, callback) {
  if (length >= 0) {
    socket[kUnmarked] += length;
    socket[kBytesWritten] += length;
    callBack(socket, callback);
    return;
  }
  socket[kBytesWritten] -= length;
  mark(socket, socket[kUnmarked] - length);
  // What may have been lent is the program's again only when it is written.
  if (-length > WINDOW_BYTES_MIN) socket[kWindow] = WINDOW_BYTES_MIN;
  if (socket[kMarked] >= socket[kWindow]) {
    socket[kWriteCallback] = callback;
    beginWait(socket);
  } else {
    callBack(socket, callback);
  }
}

// A WRITTEN event will tell of these bytes, and of all before them.
function mark(socket, length) {
  if (socket[kMarked] === 0) socket[kWrittenSeen] = native.written(socket[kConn]);
  socket[kUnmarked] = 0;
  socket[kMarked] += length;
  if (socket[kMarks] === null) socket[kMarks] = [length];
  else socket[kMarks].push(length);
}

// The kernel has taken what the next `count` marks stand for.
function hearWritten(socket, count) {
  for (const length of socket[kMarks].splice(0, count)) socket[kMarked] -= length;
  if (socket[kEndCallback] !== null) {
    if (socket[kMarked] === 0) concludeEnd(socket);
    return;
  }
  const callback = socket[kWriteCallback];
  if (!callback || socket[kMarked] >= socket[kWindow]) return;
  socket[kWriteCallback] = null;
  endWait(socket);
  socket[kEndCallback] = callback;
  if (mayBeLast(socket)) concludeOrWait(socket, callback);
  else concludeEnd(socket);
}

function callBack(socket, callback) {
  if (!mayBeLast(socket)) {
    callback();
    return;
  }
  // Which write is the last shows only when end() has returned.
  socket[kEndCallback] = callback;
  nextTick(concludeOrWait, socket, callback);
}

// Only a request's last write has a callback of which its program need not know.
function mayBeLast(socket) {
  return mayBeUnsent(socket) && hasWriteCallback(socket);
}

// Whether the kernel may not have all of the exchange yet.
function mayBeUnsent(socket) {
  return socket[kUnmarked] + socket[kMarked] > SURE_BYTES_MAX;
}

function concludeOrWait(socket, callback) {
  if (socket[kEndCallback] !== callback || socket.destroyed) return;
  // What goes through a tunnel is no request's last, though its request is finished.
  const req = requestOf(socket);
  if (req?.finished && !req.upgradeOrConnect && awaitRest(socket)) return;
  concludeEnd(socket);
}

// Whether a WRITTEN event will tell that the kernel has all.
function awaitRest(socket) {
  if (socket[kUnmarked] > 0) {
    acknowledge(socket[kConn]);
    mark(socket, socket[kUnmarked]);
  }
  return socket[kMarked] > 0;
}

function concludeEnd(socket) {
  const callback = socket[kEndCallback];
  socket[kEndCallback] = null;
  callback();
}

// Leaves it to another to call back for the write that waits; null where none does.
function takeWaiting(socket) {
  const callback = socket[kEndCallback] ?? socket[kWriteCallback];
  socket[kEndCallback] = null;
  socket[kWriteCallback] = null;
  return callback;
}

// Bytes that the kernel has not taken; 0 where they are too few for it to refuse.
function unsentBytes(socket) {
  if (!mayBeUnsent(socket) || socket[kConn] === NO_CONNECTION) return 0;
  return Math.max(0, asked(socket) - native.written(socket[kConn]));
}

// Whether the kernel has taken more of what waits since this was asked last: a write that the
// server takes slowly is activity. No mark tells of the last bytes of a body.
function hasMoved(socket) {
  if (socket[kConn] === NO_CONNECTION) return false;
  const written = native.written(socket[kConn]);
  const waits = socket[kMarked] > 0 || written < asked(socket);
  if (!waits || written === socket[kWrittenSeen]) return false;
  socket[kWrittenSeen] = written;
  return true;
}

function asked(socket) {
  return socket[kBytesWritten] - socket[kWrittenBefore];
}

// The writes that wait fail, with an error that is made for each: mostly there is none.
function failWrites(socket, makeError) {
  for (const key of [kWriteCallback, kEndCallback]) {
    const callback = socket[key];
    socket[key] = null;
    if (callback) callback(makeError());
  }
}

module.exports = {
  beginConnection,
  beginWrites,
  countWrite,
  failWrites,
  hasMoved,
  hearWritten,
  initInFlight,
  kBytesWritten,
  kUnmarked,
  kWriteCallback,
  takeWaiting,
  unsentBytes,
};
