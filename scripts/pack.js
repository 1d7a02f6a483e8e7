'use strict';

// Packs what is published: `oxagent`, and beside it the package of each platform whose addon is in
// native/. `node scripts/pack.js [folder]` writes the tarballs there; without one, to dist/.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { PACKAGES } = require('../lib/bridge/platforms');
const main = require('../package.json');
const { thirdPartyLicenses } = require('./third-party-licenses');

const ROOT = path.join(__dirname, '..');
const NOTICES = 'THIRD-PARTY-LICENSES.txt';
const LIBC = { gnu: 'glibc', musl: 'musl' };

/** Returns what npm says of each tarball: filename, size, files, ... */
function pack(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const packed = [packMain(folder)];
  for (const platform of Object.keys(PACKAGES)) {
    const addon = path.join(ROOT, 'native', `oxagent.${platform}.node`);
    if (fs.existsSync(addon)) packed.push(packPlatform(platform, addon, folder));
  }
  return packed;
}

function packMain(folder) {
  try {
    return npmPack(ROOT, folder);
  } finally {
    // npm does not when it fails in between.
    const script = path.join(__dirname, 'optional-packages.js');
    execFileSync(process.execPath, [script, 'forget']);
  }
}

function packPlatform(platform, addon, folder) {
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-pack-'));
  try {
    const manifest = JSON.stringify(platformManifest(platform, path.basename(addon)), null, 2);
    fs.writeFileSync(path.join(stage, 'package.json'), `${manifest}\n`);
    fs.writeFileSync(path.join(stage, 'README.md'), platformReadme(platform));
    fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(stage, 'LICENSE'));
    fs.writeFileSync(path.join(stage, NOTICES), thirdPartyLicenses());
    fs.copyFileSync(addon, path.join(stage, path.basename(addon)));
    return npmPack(stage, folder);
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

function platformManifest(platform, addon) {
  const [system, cpu, abi] = platform.split('-');
  const { version, license, engines } = main;
  const manifest = {
    name: `oxagent-${platform}`,
    version,
    description: `The addon of oxagent for ${platform}`,
    license,
    main: addon,
    files: [addon, NOTICES],
    engines,
    os: [system],
    cpu: [cpu],
  };
  if (Object.hasOwn(LIBC, abi ?? '')) manifest.libc = [LIBC[abi]];
  return { ...manifest, preferUnplugged: true };
}

function platformReadme(platform) {
  return `# oxagent-${platform}\n\nThe addon of oxagent for ${platform}. Install \`oxagent\`; it brings this.\n`;
}

function npmPack(from, folder) {
  const args = ['pack', from, '--json', '--loglevel=error', '--pack-destination', folder];
  const options = { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' };
  const [packed] = JSON.parse(execFileSync('npm', args, options));
  return packed;
}

if (require.main === module) {
  const folder = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist'));
  for (const { filename, size, unpackedSize } of pack(folder)) {
    console.log(`${path.join(folder, filename)}: ${size} bytes, unpacked ${unpackedSize}`);
  }
}

module.exports = { pack };
