'use strict';

// An empty folder of a user's, with its own home and npm cache, with or without Rust.

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const CONSUMER = path.join(__dirname, '..', 'consumer');
const WINDOWS = process.platform === 'win32';

class Project {
  constructor({ rust }) {
    // Its real path: modules know themselves by it.
    this.home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'oxagent-project-')));
    this.folder = path.join(this.home, 'project');
    this.env = rust ? envWithRust(this.home) : envWithoutRust(this.home);
    fs.cpSync(CONSUMER, this.folder, { recursive: true });
    this.write('package.json', '{ "private": true }\n');
  }

  path(...names) {
    return path.join(this.folder, ...names);
  }

  write(name, content) {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), content);
  }

  /** Offline: all that it needs must be in the tarballs. */
  install(...args) {
    return this.npm('install', '--offline', '--no-audit', '--no-fund', ...args);
  }

  npm(...args) {
    return this.run('npm', args, { shell: WINDOWS });
  }

  node(...args) {
    return this.run(process.execPath, args);
  }

  /** { code, stdout, stderr } of a program that ends by itself. */
  async run(command, args, options) {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd: this.folder, env: this.env, stdio, ...options });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    const [code] = await once(child, 'close');
    return { code, ...output };
  }

  remove() {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

/** Without what an `npm run` around these tests leaves in the environment. */
function envOf(home) {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$)/i.test(name)) delete env[name];
  }
  return { ...env, npm_config_cache: path.join(home, 'npm-cache') };
}

function envWithRust(home) {
  const env = envOf(home);
  // Where it would keep what it builds is for the package to say.
  delete env.CARGO_TARGET_DIR;
  return { ...env, PATH: withOurNode(home) };
}

function envWithoutRust(home) {
  const env = { ...envOf(home), HOME: home, USERPROFILE: home };
  for (const name of Object.keys(env)) {
    if (/^(CARGO|RUST)/i.test(name)) delete env[name];
  }
  return { ...env, PATH: WINDOWS ? pathWithoutCargo() : binariesOnly(home, ['npm', 'sh']) };
}

/** The Node that runs these tests comes before any other. */
function withOurNode(home) {
  return [WINDOWS ? path.dirname(process.execPath) : binariesOnly(home), process.env.PATH].join(
    path.delimiter,
  );
}

function binariesOnly(home, names = []) {
  const bin = path.join(home, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  for (const name of names) fs.symlinkSync(onPath(name), path.join(bin, name));
  return bin;
}

function onPath(name) {
  const folders = process.env.PATH.split(path.delimiter);
  const folder = folders.find((it) => fs.existsSync(path.join(it, name)));
  return fs.realpathSync(path.join(folder, name));
}

function pathWithoutCargo() {
  const folders = process.env.PATH.split(path.delimiter);
  return folders.filter((it) => !fs.existsSync(path.join(it, 'cargo.exe'))).join(path.delimiter);
}

module.exports = { Project };
