'use strict';

// Paths for Unix sockets.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { later } = require('./peer');

/** A path in a folder of its own, which `cleanUp()` removes. */
function freshPath() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-'));
  later(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'server.sock');
}

module.exports = { freshPath };
