'use strict';

// The tarballs, packed once from this tree, and where they lie.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { pack } = require('../../../scripts/pack');
const { platformName } = require('../../../lib/bridge/platforms');

let made;

/** { main, platform }: what npm says of each, and `file`. `platform` is that of this machine. */
function tarballs() {
  made ??= packAll();
  return made;
}

function packAll() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-tarballs-'));
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const packed = pack(folder).map((it) => ({ ...it, file: path.join(folder, it.filename) }));
  const named = (name) => packed.find((it) => it.name === name);
  return { main: named('oxagent'), platform: named(`oxagent-${platformName()}`) };
}

module.exports = { tarballs };
