'use strict';

// Installs and builds what `npm run demo`, `npm test` and `npm run bench` need, and nothing that is
// already there. It runs before the install, so it uses nothing but Node's own modules.

const { spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { whyNoCargo } = require('./cargo');

const NODE_MAJOR_MIN = 20;

const ROOT = path.join(__dirname, '..');
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.oxagent-prepared');
const NATIVE = path.join(ROOT, 'native');

// What the addon is made of. A directory's own time changes when a file leaves it.
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'rust-toolchain.toml', '.cargo', 'src'];

function main() {
  requireNode();
  const installed = install();
  const built = build();
  if (!installed && !built) say('dependencies and addon are up to date');
}

function requireNode() {
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) return;
  fail(`oxagent needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}.`);
}

/** Runs `npm ci` when node_modules is missing or is not what package-lock.json says. */
function install() {
  // The lock file's content decides, not its time: a checkout touches files that it doesn't change.
  const wanted = `${process.platform}-${process.arch} ${digest(path.join(ROOT, 'package-lock.json'))}`;
  if (read(STAMP) === wanted) return false;
  const tool = path.join(MODULES, 'mocha', 'package.json');
  if (fs.existsSync(tool) && installedByNpm()) {
    fs.writeFileSync(STAMP, wanted);
    return false;
  }
  say('installing the development dependencies: npm ci');
  // A NODE_ENV=production in the environment must not leave out the test runner. Without scripts:
  // the addon is built below, where the user sees it.
  const flags = [
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const ci = npm(['ci', ...flags], false);
  if (!ci.ok && ci.output.includes('EUSAGE')) {
    // npm leaves a platform's optional packages out of a lock file when it could not see them, and
    // `npm ci` then takes the file for outdated. `npm install` takes the same versions and adds
    // those.
    say('package-lock.json does not list every platform: npm install, which leaves it as it is');
    requireSuccess(npm(['install', '--no-save', ...flags], false));
  } else {
    requireSuccess(ci);
  }
  fs.writeFileSync(STAMP, wanted);
  return true;
}

/** An install made by hand counts when npm finished it after the lock file last changed. */
function installedByNpm() {
  const finished = time(path.join(MODULES, '.package-lock.json'));
  return !fs.existsSync(STAMP) && finished >= time(path.join(ROOT, 'package-lock.json'));
}

/** Runs `npm run build` when a source is newer than the addon. */
function build() {
  const newestSource = Math.max(...SOURCES.map((name) => newest(path.join(ROOT, name))));
  const addon = findAddon();
  if (addon && time(addon) >= newestSource) return false;

  requireCargo();
  say(
    addon ? 'the sources changed, building the addon again' : 'building the addon (minutes once)',
  );
  const started = Date.now();
  requireSuccess(npm(['run', '--silent', 'build'], process.stderr.isTTY));

  const made = findAddon();
  if (!made) fail('The build ended well but left no .node file for this platform in native/.');
  // The addon is as new as the sources it was made of: a file that is edited while the build runs
  // must be newer than it. A Cargo.lock that the build itself wrote must not.
  const stamp = new Date(Math.max(started, time(path.join(ROOT, 'Cargo.lock'))));
  fs.utimesSync(made, stamp, stamp);
  say(`built ${path.relative(ROOT, made)} in ${Math.round((Date.now() - started) / 1000)} s`);
  return true;
}

function findAddon() {
  const platform = `.${process.platform}-${process.arch}`;
  const names = fs.existsSync(NATIVE) ? fs.readdirSync(NATIVE) : [];
  const name = names.find((it) => it.endsWith('.node') && it.includes(platform));
  return name && path.join(NATIVE, name);
}

function requireCargo() {
  const problem = whyNoCargo(ROOT);
  if (problem) fail(...problem);
}

/** Runs the npm that started this script, if one did, on the terminal or with its output kept. */
function npm(args, onTerminal) {
  const script = process.env.npm_execpath;
  const viaNode = script && /npm-cli\.c?js$/.test(script);
  const [command, ...rest] = viaNode ? [process.execPath, script, ...args] : ['npm', ...args];
  const { error, status, signal, stdout, stderr } = spawnSync(command, rest, {
    cwd: ROOT,
    stdio: onTerminal ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: Infinity,
    shell: !viaNode && process.platform === 'win32',
  });
  return {
    ok: !error && status === 0,
    output: `${stdout ?? ''}${stderr ?? ''}`,
    how: `\`npm ${args[0]}\`: ${error?.message ?? signal ?? `exit code ${status}`}`,
  };
}

function requireSuccess({ ok, output, how }) {
  if (ok) return;
  process.stderr.write(output);
  fail(`failed, ${how}`);
}

function newest(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = fs.readdirSync(file).map((name) => newest(path.join(file, name)));
  return Math.max(stat.mtimeMs, ...inside);
}

function time(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

function digest(file) {
  return crypto
    .createHash('sha256')
    .update(read(file) ?? '')
    .digest('hex');
}

function say(line) {
  console.error(`prepare: ${line}`);
}

function fail(...lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

main();
