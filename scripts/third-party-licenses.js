'use strict';

// The notices of the crates that are linked into the addon: their licences ask that they go where
// it goes.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const NOTICE = /^(licen[cs]e|copying|copyright|notice)/i;

/** One text for all platforms. */
function thirdPartyLicenses() {
  const linked = linkedCrates();
  const parts = linked.map(({ name, version, license, repository, manifest_path }) => {
    const folder = path.dirname(manifest_path);
    const notices = fs
      .readdirSync(folder)
      .filter((file) => NOTICE.test(file) && fs.statSync(path.join(folder, file)).isFile())
      .sort()
      .map((file) => fs.readFileSync(path.join(folder, file), 'utf8').trim());
    return [`${name} ${version}: ${license}\n${repository}`, ...notices].join('\n\n');
  });
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  return `${['The addon of oxagent is linked with these crates, on some platforms not with all.', ...parts].join(line)}\n`;
}

/** Without those that only macros, build scripts and tests use. */
function linkedCrates() {
  const tree = ['tree', '--edges', 'normal,no-proc-macro', '--target', 'all', '--prefix', 'none'];
  const linked = new Set(
    cargo([...tree, '--format', '{p}'])
      .split('\n')
      .map((line) => /^(\S+ v\S+)/.exec(line)?.[1])
      .filter((it) => it && !it.startsWith('oxagent ')),
  );
  const { packages } = JSON.parse(cargo(['metadata', '--format-version', '1']));
  return packages
    .filter(({ name, version }) => linked.has(`${name} v${version}`))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function cargo(args) {
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: Infinity };
  return execFileSync('cargo', [...args, '--locked'], options);
}

module.exports = { thirdPartyLicenses };
