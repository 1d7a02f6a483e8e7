'use strict';

// Makes lib/bridge/protocol.js of src/bridge/protocol.rs.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

const { status } = spawnSync('cargo', ['test', '--quiet', '--lib', 'bridge::protocol'], {
  cwd: path.join(__dirname, '..'),
  env: { ...process.env, OXAGENT_WRITE_PROTOCOL: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
