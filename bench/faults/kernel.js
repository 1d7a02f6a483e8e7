'use strict';

// What the kernel holds for this process; null where there is no /proc to tell.

const fs = require('node:fs');

function entries(directory) {
  try {
    return fs.readdirSync(directory).length;
  } catch {
    return null;
  }
}

// Less the one that reads the list.
function openDescriptors() {
  const count = entries('/proc/self/fd');
  return count === null ? null : count - 1;
}

function threads() {
  return entries('/proc/self/task');
}

module.exports = { openDescriptors, threads };
