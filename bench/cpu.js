'use strict';

// The CPU time of another process, which the kernel knows where there is a /proc.

const fs = require('node:fs');

// Linux tells every program times in hundredths of a second, whatever its own clock.
const MICROS_PER_TICK = 1e4;
// Of the fields that follow the name, which alone may hold spaces: user and system time.
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** User and system time of all its threads, in microseconds; null where that is not to be had. */
function cpuMicrosOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * MICROS_PER_TICK;
  } catch {
    return null;
  }
}

module.exports = { cpuMicrosOf };
