'use strict';

// Names of platforms, in the words of napi-rs: `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`.

const process = require('node:process');

// Those that have a package of their own. Each require() is written out so that bundlers and
// tracers of files see it.
const PACKAGES = {
  'darwin-arm64': () => require('oxagent-darwin-arm64'),
  'darwin-x64': () => require('oxagent-darwin-x64'),
  'linux-arm64-gnu': () => require('oxagent-linux-arm64-gnu'),
  'linux-arm64-musl': () => require('oxagent-linux-arm64-musl'),
  'linux-x64-gnu': () => require('oxagent-linux-x64-gnu'),
  'linux-x64-musl': () => require('oxagent-linux-x64-musl'),
  'win32-arm64-msvc': () => require('oxagent-win32-arm64-msvc'),
  'win32-x64-msvc': () => require('oxagent-win32-x64-msvc'),
};

const ABIS = { linux: ['gnu', 'musl'], win32: ['msvc'] };

/** What may load on this system. Linux has two C libraries; the wrong one's addon does not load. */
function candidates({ platform, arch } = process) {
  const abis = ABIS[platform];
  return abis ? abis.map((abi) => `${platform}-${arch}-${abi}`) : [`${platform}-${arch}`];
}

/** This system's own name. Slower than `candidates`: the report of the process is asked. */
function platformName() {
  const [name, musl] = candidates();
  return musl && isMusl() ? musl : name;
}

function isMusl() {
  const { report } = process;
  if (typeof report?.getReport !== 'function') return false;
  const { excludeNetwork } = report;
  // Without it the names of all peers are resolved.
  report.excludeNetwork = true;
  const { header, sharedObjects } = report.getReport() ?? {};
  report.excludeNetwork = excludeNetwork;
  if (header?.glibcVersionRuntime) return false;
  return Boolean(sharedObjects?.some((file) => /libc\.musl-|ld-musl-/.test(file)));
}

module.exports = { PACKAGES, candidates, platformName };
