'use strict';

// Timers and clocks as they were when oxagent was loaded. Tests replace them with fakes while
// connections live, and jsdom removes some: what waits for a clock that stands still waits for
// ever. Node's own agent does not notice, as Node has references of its own. Loaded before all else
// of lib/, which takes these from here alone.

const net = require('node:net');
const process = require('node:process');
// The globals of the same names may be missing.
const timers = require('node:timers');

const { listsTimers, timesSocketsByGlobals } = require('./runtime');

// --- Where they were replaced before oxagent was loaded ------------------------------------------

// The timer of Node's sockets, which no fake replaces.
function startSocketTimer(callback, ms, ...args) {
  const socket = new net.Socket();
  // 0 would be no timer.
  socket.setTimeout(Math.max(1, ms), () => callback(...args));
  // It does not keep the process alive as it is.
  const key = Object.getOwnPropertySymbols(socket).find(isTimeout);
  socket[key]?.ref();
  return {
    unref() {
      socket[key]?.unref();
      return this;
    },
    stop: () => socket.setTimeout(0),
  };
}

function isTimeout({ description }) {
  return /timeout/i.test(description);
}

// The timer of a signal, where a fake reaches that of sockets.
function startSignalTimer(callback, ms, ...args) {
  let runs = true;
  AbortSignal.timeout(Math.max(1, ms)).addEventListener('abort', () => {
    if (runs) callback(...args);
  });
  return {
    unref() {
      return this;
    },
    stop() {
      runs = false;
    },
  };
}

const startTimer = timesSocketsByGlobals ? startSignalTimer : startSocketTimer;

// Of the language's own class, whatever the global Promise is.
const resolved = (async () => {})();

// Its async context is that of the caller, as a tick's is. What it throws is an uncaught exception,
// not a rejection.
function runInMicrotask(callback, ...args) {
  resolved.then(() => {
    try {
      callback(...args);
    } catch (error) {
      startTimer(() => {
        throw error;
      }, 0);
    }
  });
}

// Whether the runtime lists the timer that a function sets. So does one that wraps the runtime's.
function setsRealTimer(set, clear, resource) {
  if (!listsTimers) return isNative(set);
  const listed = () =>
    (process.getActiveResourcesInfo?.() ?? []).filter((name) => name === resource).length;
  const before = listed();
  const timer = set(() => {});
  const after = listed();
  clear(timer);
  return after > before;
}

// By a phrase that stands there in Node 20 to 26 and in Deno. A function without it costs nothing
// but the order of ticks and microtasks.
function isNodesNextTick(value) {
  return sourceOf(value).includes('setHasTickScheduled(true)') || isNative(value);
}

function isNative(value) {
  return sourceOf(value).includes('[native code]');
}

function sourceOf(value) {
  return Function.prototype.toString.call(value);
}

// --- What lib/ uses ------------------------------------------------------------------------------

const hasImmediate = setsRealTimer(timers.setImmediate, timers.clearImmediate, 'Immediate');
const hasTimeout = setsRealTimer(timers.setTimeout, timers.clearTimeout, 'Timeout');

// Of the process itself, and never faked. perf_hooks would take time to load, and has more to tell
// once it is there (see ./perf-entries.js).
const { uptime } = process;
const monotonicNow = isNative(uptime) ? () => uptime() * 1000 : performanceNow();

function performanceNow() {
  const { performance } = require('node:perf_hooks');
  // A fake puts its own on the object; Bun has the method there.
  const now = Object.getPrototypeOf(performance).now ?? performance.now;
  return now.bind(performance);
}

function performanceWallNow() {
  const { performance } = require('node:perf_hooks');
  const now = performanceNow();
  return () => performance.timeOrigin + now();
}

module.exports = {
  nextTick: isNodesNextTick(process.nextTick) ? process.nextTick : runInMicrotask,

  setImmediate: hasImmediate
    ? timers.setImmediate
    : (callback, ...args) => startTimer(callback, 0, ...args),

  setTimeout: hasTimeout ? timers.setTimeout : startTimer,
  clearTimeout: hasTimeout ? timers.clearTimeout : (timer) => timer?.stop(),

  /** Milliseconds of a clock that goes forward alone. */
  monotonicNow,

  /** Milliseconds since 1970. */
  wallNow: isNative(Date.now) ? Date.now : performanceWallNow(),

  parseDate: Date.parse,
};
