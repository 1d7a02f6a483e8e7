'use strict';

// The addon, and the memory that both sides see. The layouts of ring and batch are told in
// src/bridge/ring.rs and src/bridge/records.rs; ./commands.js and ./events.js follow them, with the
// numbers of ./protocol.js.

const { Buffer } = require('node:buffer');
const process = require('node:process');

const { carrierMode } = require('./carrier-mode');
const { readIoThreads } = require('./io-threads');
const { Bridge, Pool, TlsContext, TlsRoots } = require('./native');
const { Words } = require('./protocol');

// 1,024 commands. More in one tick are flushed early, which costs one call more.
const ring = new Int32Array(1024 * Words.RING_RECORD);

// The bytes that a tick writes, unless they are flushed early.
const slab = Buffer.allocUnsafeSlow(256 * 1024);

// Events of one turn. Few, so that the requests that answers bring about leave while the next
// answers are looked at: with 256, at 100 requests at once, this thread, the I/O thread and the
// server took turns in waiting for each other, at two thirds of the rate. Fewer than 16 cost more
// in turns of the loop than they gain.
const batch = new Int32Array(16 * Words.BATCH_RECORD);

// Received bytes: Buffers by the index that a record names, over memory that is filled again.
const slabs = [];

let onWake;
const wake = () => onWake();
// As of a resource that async_hooks shows: tools ask it what keeps the process alive, which the
// connections do.
wake.hasRef = () => false;

const native = new Bridge(wake, {
  ring,
  slab,
  batch,
  ioThreads: readIoThreads(process.env),
  carrier: carrierMode(process.env),
});

// Whether a chunk has a Buffer to itself: where the runtime allows none over memory of Rust.
const ownsChunks = native.ownsChunks();

// What every request calls: a call of `native` itself takes six times as long.
const calls = native.functions();

function setOnWake(callback) {
  onWake = callback;
}

module.exports = {
  Pool,
  TlsContext,
  TlsRoots,
  batch,
  calls,
  native,
  ownsChunks,
  ring,
  setOnWake,
  slab,
  slabs,
};
