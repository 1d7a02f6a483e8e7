'use strict';

// How often the kernel took a core from the threads of this process.

const fs = require('node:fs');

const TASKS = '/proc/self/task';

function countIn(status, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(status)?.[1] ?? 0);
}

/** Of all threads: `voluntary`, to wait, and `involuntary`. Null where that is not to be had. */
function threadSwitches() {
  const switches = { voluntary: 0, involuntary: 0 };
  try {
    for (const task of fs.readdirSync(TASKS)) {
      const status = fs.readFileSync(`${TASKS}/${task}/status`, 'utf8');
      switches.voluntary += countIn(status, 'voluntary_ctxt_switches');
      switches.involuntary += countIn(status, 'nonvoluntary_ctxt_switches');
    }
    return switches;
  } catch {
    return null; // No /proc, or a thread that ended meanwhile.
  }
}

module.exports = { threadSwitches };
