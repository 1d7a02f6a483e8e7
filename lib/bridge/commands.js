'use strict';

// Commands out: gathered during a tick, sent by one call at its end.

const { Buffer } = require('node:buffer');
const process = require('node:process');

const { monotonicNow, nextTick } = require('../node/originals');
const { calls, native, commands, slab } = require('./addon');
const { drainLater } = require('./events');
const { Op, Words } = require('./protocol');

// Bytes of a connection that may be on their way to the kernel before a write waits: its window.
const WINDOW_BYTES_MIN = 256 * 1024;

// WRITTEN is asked for after the window's bytes divided by this: one half is filled again while the
// other is written, and each wakes JavaScript once. A small request costs no event.
const MARKS_PER_WINDOW = 2;

// Larger Buffers get memory of their own instead of room in the slab.
const STAGE_BYTES_MAX = 32 * 1024;

// Larger Buffers are lent, not copied: the program waits for them anyway, as they are more than the
// least window.
const COPY_BYTES_MAX = WINDOW_BYTES_MIN;

// The records that one write may need before it can flush: staged bytes and a large Buffer.
const WRITE_WORDS = 2 * Words.COMMAND_RECORD;

// Added to WRITE and WRITE_LARGE: an event is wanted when the kernel has taken all.
const ACKNOWLEDGED = Op.WRITE_ACKNOWLEDGED - Op.WRITE;

let words = 0;
let bytes = 0;
// Bytes behind `bytes` that no record names yet.
let staged = 0;
let connects = 0;
// Whether anything was ever flushed.
let sent = false;

let scheduled = false;
let exiting = false;

// Milliseconds that a process which exits may wait for its servers, all in all.
const EXIT_MS_MAX = 2000;
let exitMs = EXIT_MS_MAX;

// Connections and connects that keep the process alive.
let holds = 0;
let alive = false;

function schedule() {
  if (exiting) {
    flush();
  } else if (!scheduled) {
    scheduled = true;
    nextTick(endTick);
  }
}

function endTick() {
  scheduled = false;
  flush();
  if (holds > 0 !== alive) {
    alive = holds > 0;
    calls.setAlive(alive);
  }
}

function flush() {
  if (words === 0 && connects === 0) return;
  const [flushedWords, flushedBytes] = [words, bytes];
  words = bytes = connects = 0;
  sent = true;
  // What the event loop has done by itself wakes nobody.
  if (calls.flush(flushedWords, flushedBytes)) drainLater();
}

function record(op, conn, first, second) {
  commands[words] = op;
  commands[words + 1] = conn;
  commands[words + 2] = first;
  commands[words + 3] = second;
  words += Words.COMMAND_RECORD;
}

// Any operation but a write.
function command(op, conn, first = 0, second = 0) {
  if (words === commands.length) flush();
  record(op, conn, first, second);
  schedule();
}

// `secure` is { context, request } for TLS over the connection.
function connect(conn, request, secure) {
  if (secure) native.connectSecure(conn, request, secure.context, secure.request);
  else native.connect(conn, request);
  connects++;
  schedule();
}

// Writes one chunk. Returns its length in bytes, negative where a WRITTEN event will tell when the
// kernel has taken all that was written so far: with the `unmarked` bytes before, of which no event
// will tell, it is a mark's worth of the connection's `window`.
function write(conn, chunk, encoding, unmarked, window) {
  return seal(conn, put(conn, chunk, encoding), unmarked, window);
}

// The same for the chunks of a `_writev`.
function writev(conn, chunks, unmarked, window) {
  let length = 0;
  for (const { chunk, encoding } of chunks) length += put(conn, chunk, encoding);
  return seal(conn, length, unmarked, window);
}

function seal(conn, length, unmarked, window) {
  commit(conn);
  // What was lent is always told of.
  const told = length > COPY_BYTES_MAX || unmarked + length > window / MARKS_PER_WINDOW;
  if (told && words > 0) commands[words - Words.COMMAND_RECORD] += ACKNOWLEDGED;
  // The last record was flushed.
  else if (told) record(Op.WRITE + ACKNOWLEDGED, conn, 0, 0);
  schedule();
  if (exiting) settle();
  return told ? -length : length;
}

// Asks for a WRITTEN event when the kernel has taken all that was written so far.
function acknowledge(conn) {
  command(Op.WRITE + ACKNOWLEDGED, conn);
}

function put(conn, chunk, encoding) {
  if (staged === 0 && words + WRITE_WORDS > commands.length) flush();
  let length = stage(chunk, encoding);
  if (length >= 0) return length;
  const buffer = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
  if (buffer.length > STAGE_BYTES_MAX) {
    commit(conn);
    if (buffer.length > COPY_BYTES_MAX) native.lend(buffer);
    else calls.copy(buffer);
    record(Op.WRITE_LARGE, conn, 0, 0);
    return buffer.length;
  }
  // A string that had to become bytes may fit; what does not fit goes behind a flush.
  length = stage(buffer);
  if (length >= 0) return length;
  commit(conn);
  flush();
  return stage(buffer);
}

// Copies a chunk behind what is staged. -1 where it does not fit, is too large, or is a
// string that must become bytes first.
function stage(chunk, encoding) {
  const at = bytes + staged;
  let length = chunk.length;
  if (typeof chunk !== 'string') {
    if (length > STAGE_BYTES_MAX || at + length > slab.length) return -1;
    slab.set(chunk, at);
  } else if (encoding === 'latin1' || encoding === 'binary') {
    if (at + length > slab.length) return -1;
    slab.latin1Write(chunk, at, length);
  } else if (encoding === 'utf8' || encoding === 'utf-8') {
    // A UTF-16 unit becomes three bytes at most.
    if (at + length * 3 > slab.length) return -1;
    length = slab.utf8Write(chunk, at, length * 3);
  } else {
    return -1;
  }
  staged += length;
  return length;
}

// The staged bytes become one write.
function commit(conn) {
  if (staged === 0) return;
  record(Op.WRITE, conn, bytes, staged);
  bytes += staged;
  staged = 0;
}

// From `hold` to `release` the process stays alive.
function hold() {
  if (++holds > 0 !== alive) schedule();
}

function release() {
  if (--holds > 0 !== alive) schedule();
}

// What was written must leave also when the process exits at once, and no tick comes any more: what
// the program was told is written, and what its own listeners of 'exit' write.
function settle() {
  flush();
  if (!sent) return;
  const begun = monotonicNow();
  const isSettled = native.settle(exitMs);
  // What it has taken meanwhile wakes nobody, should the program live on.
  drainLater();
  exitMs = isSettled ? Math.max(0, exitMs - (monotonicNow() - begun)) : 0;
}

process.on('exit', () => {
  exiting = true;
  settle();
  // A program may emit 'exit' by itself, and live on.
  nextTick(() => {
    exiting = false;
    exitMs = EXIT_MS_MAX;
    endTick();
  });
});

module.exports = {
  WINDOW_BYTES_MIN,
  acknowledge,
  command,
  connect,
  flush,
  hold,
  release,
  write,
  writev,
};
