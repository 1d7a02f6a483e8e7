'use strict';

const os = require('node:os');

// What a figure is worth nothing without.
function machine() {
  const cpus = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    // Before the run: a machine that was busy already gives figures of that.
    loadAverage: os.loadavg()[0],
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    platform: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

module.exports = { machine };
