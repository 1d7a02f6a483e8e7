'use strict';

// Events in: one wake-up serves all connections that have something to say.

const { nextTick, setImmediate } = require('../node/originals');
const { runsTicksBetween } = require('../node/runtime');
const { batch, calls, native, ownsChunks, setOnWake, slabs } = require('./addon');
const { Kind, Take, Words } = require('./protocol');

// Nothing comes behind these: the connection is over, and nothing is left of it but its id.
const LAST = new Set([
  Kind.CONNECT_FAILED,
  Kind.FAILED,
  Kind.KILLED,
  Kind.TLS_FAILED,
  Kind.PANICKED,
]);

// How the rest of a record is to be read: these have a detail to be asked for, or are words by
// themselves. All others have two numbers, or none.
const DETAILED = new Set([
  Kind.RESOLVED,
  Kind.ATTEMPT,
  Kind.ATTEMPT_FAILED,
  Kind.CONNECTED,
  Kind.CONNECT_FAILED,
]);
const WORDS = new Set([Kind.SECURED, Kind.SESSIONS, Kind.TLS_FAILED]);

const kReceive = Symbol('receive');
const kEnd = Symbol('end');

// By connection id: objects with [kReceive](kind, first, second), and with [kEnd](conn), which is
// called before the last event and returns whether the id is still theirs, to be forgotten by them.
// Rust gives ids out in blocks (see src/bridge/ids.rs), and those of a worker thread may be high
// ones: each block has a page.
const pages = [];
const PAGE_BITS = 6;
const PAGE_MASK = (1 << PAGE_BITS) - 1;

const NOBODY = { [kReceive]() {}, [kEnd]: () => false };

let cursor = 0;
let end = 0;
let more = false;
let resuming = false;
let hasTicked = true;

const turn = runsTicksBetween ? drain : drainAfterTicks;

setOnWake(turn);

// Registers the receiver of a new connection's events. The id is free again after the batch of
// CLOSED, which no receiver is told of, or when it is forgotten.
function open(receiver) {
  const conn = native.open();
  handOver(conn, receiver);
  return conn;
}

// The chunk of a DATA event is valid until its receiver has returned, unless `ownsChunks`. One that
// may live longer in the program's hands is left as it is from here on.
function keep(chunk) {
  native.keep(slabs.findIndex((slab) => slab?.buffer === chunk.buffer));
}

// The connection has another receiver from here on; without one its events are dropped.
function handOver(conn, to = NOBODY) {
  const block = conn >> PAGE_BITS;
  // Without a hole, however far the block is: V8 makes a slow table of an array with large ones.
  while (pages.length <= block) pages.push(null);
  pages[block] ??= new Array(PAGE_MASK + 1).fill(undefined);
  pages[block][conn & PAGE_MASK] = to;
}

// Who hears of connections now.
function receivers() {
  return pages
    .flat()
    .filter((receiver) => receiver !== undefined && receiver !== null && receiver !== NOBODY);
}

// Takes back an id under which nothing was begun, or of which nothing is left. No command for it
// may be left to be flushed.
function forget(conn) {
  close(conn);
  native.forget(conn);
}

function close(conn) {
  pages[conn >> PAGE_BITS][conn & PAGE_MASK] = undefined;
}

// One drain is one turn of the event loop. A connection gets one event a turn: between two of its
// events the tick and microtask queues run, as between two callbacks of libuv. What is left goes
// behind the loop's other handles.
function drain() {
  // JavaScript may have been woken for this turn, and a listener may throw before `take` has
  // returned.
  more = true;
  try {
    // A batch that a throw has cut short comes first.
    if (cursor === end) take();
    while (cursor < end) {
      const at = cursor;
      cursor += Words.BATCH_RECORD;
      accept(at);
    }
  } finally {
    // Also when a listener threw: the others' events are still delivered.
    if (cursor < end || more) drainLater();
  }
}

function drainLater() {
  if (resuming) return;
  resuming = true;
  setImmediate(() => {
    resuming = false;
    turn();
  });
}

// For a runtime that may call back twice without running ticks.
function drainAfterTicks() {
  if (!hasTicked) {
    drainLater();
    return;
  }
  hasTicked = false;
  nextTick(() => {
    hasTicked = true;
  });
  drain();
}

function take() {
  const answer = calls.take(slabs);
  more = answer >= Take.MORE;
  cursor = 0;
  end = (more ? answer - Take.MORE : answer) * Words.BATCH_RECORD;
}

function accept(at) {
  const kind = batch[at];
  const conn = batch[at + 1];
  const receiver = pages[conn >> PAGE_BITS]?.[conn & PAGE_MASK];
  if (receiver === undefined) throw nonsense(kind, conn);
  const first = batch[at + 2];
  const second = batch[at + 3];
  if (kind === Kind.DATA) {
    const chunk = slabs[first].subarray(second, second + batch[at + 4]);
    receiver[kReceive](kind, chunk, batch[at + 5]);
    return;
  }
  // Its socket has given it up meanwhile: nobody else gives the id back.
  if (LAST.has(kind) && !receiver[kEnd](conn)) forget(conn);
  if (kind === Kind.CLOSED) {
    close(conn);
  } else if (DETAILED.has(kind)) {
    receiver[kReceive](kind, native.detail(first), 0);
  } else if (WORDS.has(kind)) {
    receiver[kReceive](kind, batch.slice(at + 2, at + Words.BATCH_RECORD), 0);
  } else {
    receiver[kReceive](kind, first, second);
  }
}

// A fault of ours.
function nonsense(kind, conn) {
  const error = new Error(`Event ${kind} of a connection that is not open: ${conn}`);
  return Object.assign(error, { code: 'ERR_INTERNAL_ASSERTION' });
}

module.exports = {
  LAST,
  drainLater,
  forget,
  handOver,
  kEnd,
  kReceive,
  keep,
  open,
  ownsChunks,
  receivers,
};
