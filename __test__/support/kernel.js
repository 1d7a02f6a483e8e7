'use strict';

// What Linux tells of a connection.

const fs = require('node:fs');

const ESTABLISHED = '01';

// The fields of the connections from `port`; none where the kernel does not tell.
function rowsOf(port) {
  let table;
  try {
    table = fs.readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return [];
  }
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter((fields) => fields[1] === local);
}

// That of the open one; null where there is none.
function rowOf(port) {
  return rowsOf(port).find((fields) => fields[3] === ESTABLISHED) ?? null;
}

// Whether the kernel knows of something that was sent, of an end or of a reset, and nobody has
// asked for it.
function hasNews(port) {
  const row = rowOf(port);
  return row === null || !row[4].endsWith(':00000000');
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

module.exports = { hasNews, inodeOf, isHeld, kernelTimer };
