'use strict';

// The private fields of a net.Socket that Node's code and tools look at: a socket of ours keeps
// them as Node's does.

const { Buffer } = require('node:buffer');
const { Writable } = require('node:stream');

// What a stream has in the place of a callback that its user did not give.
const NO_CALLBACK = stoodInFor();

function stoodInFor() {
  let standIn;
  const probe = new Writable({
    write() {
      standIn = this._writableState.writecb;
    },
  });
  probe.write('x');
  return standIn;
}

/** Whether the write that is under way was given a callback. */
function hasWriteCallback(socket) {
  return socket._writableState.writecb !== NO_CALLBACK;
}

function setHighWaterMark(socket, bytes) {
  socket._writableState.highWaterMark = bytes;
}

/** The name that is looked up. */
function setHost(socket, host) {
  socket._host = host;
}

/** Both ends of the connection, { address, family, port } of each. */
function setEnds(socket, remote, local) {
  socket._peername = remote;
  socket._sockname = local;
}

function copyEnds(socket, other) {
  setEnds(socket, other._peername, other._sockname);
}

function remoteEnd(socket) {
  return socket._peername;
}

function localEnd(socket) {
  return socket._sockname;
}

/** A write that is held until the connection is there: it counts as written. */
function setPending(socket, data, encoding) {
  socket._pendingData = data;
  socket._pendingEncoding = encoding;
}

function clearPending(socket) {
  setPending(socket, null, '');
}

function pendingBytes(socket) {
  const { _pendingData: data, _pendingEncoding: encoding } = socket;
  return Array.isArray(data) ? bytesOf(data) : data ? Buffer.byteLength(data, encoding) : 0;
}

/** Of what writev() takes. */
function bytesOf(chunks) {
  let bytes = 0;
  for (const { chunk, encoding } of chunks) bytes += Buffer.byteLength(chunk, encoding);
  return bytes;
}

/** Bytes that were handed to the system, of any socket. */
function bytesDispatched(socket) {
  return socket._bytesDispatched;
}

/** Node's client makes no error of its own of the stream's end. */
function markFailed(socket) {
  socket._hadError = true;
}

module.exports = {
  bytesDispatched,
  bytesOf,
  clearPending,
  copyEnds,
  hasWriteCallback,
  localEnd,
  markFailed,
  pendingBytes,
  remoteEnd,
  setEnds,
  setHighWaterMark,
  setHost,
  setPending,
};
