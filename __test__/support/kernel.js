'use strict';

// What Linux tells of a connection.

const fs = require('node:fs');

// The timer that the kernel runs for the connection from `port` (2 is keep-alive); null where the
// kernel does not tell.
function kernelTimer(port) {
  let table;
  try {
    table = fs.readFileSync('/proc/net/tcp', 'latin1');
  } catch {
    return null;
  }
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const found = rows.find((fields) => fields[1] === local && fields[3] === '01');
  return found ? Number(found[5].split(':')[0]) : null;
}

module.exports = { kernelTimer };
