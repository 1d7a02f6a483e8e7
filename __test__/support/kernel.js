'use strict';

// What Linux tells of a connection.

const fs = require('node:fs');

// The fields of the open connection from `port`; null where the kernel does not tell.
function rowOf(port) {
  let table;
  try {
    table = fs.readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return null;
  }
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.find((fields) => fields[1] === local && fields[3] === '01') ?? null;
}

// The timer that the kernel runs for the connection from `port` (2 is keep-alive); null where the
// kernel does not tell.
function kernelTimer(port) {
  const row = rowOf(port);
  return row && Number(row[5].split(':')[0]);
}

// The inode of the connection from `port`, which outlives its place in the kernel's table; null
// where the kernel does not tell.
function inodeOf(port) {
  return rowOf(port)?.[9] ?? null;
}

// Whether this process has a descriptor of the inode.
function isHeld(inode) {
  return fs.readdirSync('/proc/self/fd').some((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`) === `socket:[${inode}]`;
    } catch {
      return false;
    }
  });
}

module.exports = { inodeOf, isHeld, kernelTimer };
