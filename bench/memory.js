'use strict';

// What a process takes of the machine's memory.

const fs = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');

// The heap, and what is under it, give pages back some time after the collection that emptied them.
const SETTLE_MS = 500;
const COLLECTIONS = 3;

// process.memoryUsage() without what is garbage.
async function settledMemory() {
  if (globalThis.gc === undefined) throw new Error('it takes node --expose-gc');
  for (let i = 0; i < COLLECTIONS; i += 1) {
    globalThis.gc();
    await delay(SETTLE_MS);
  }
  return process.memoryUsage();
}

// Linux hands the peak of the forking parent on to ru_maxrss of the child; VmHWM is the child's
// own.
function peakRssBytes() {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'));
    if (peak) return Number(peak[1]) * 1024;
  } catch {
    // No /proc: not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}

// From now on the peak is that of what follows. Where there is no /proc it stays that of the whole
// process.
function resetPeakRss() {
  try {
    fs.writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux.
  }
}

module.exports = { peakRssBytes, resetPeakRss, settledMemory };
