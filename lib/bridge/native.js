'use strict';

// Loads the addon: the one that was built here, in native/, or that of the platform's package.

const path = require('node:path');
const process = require('node:process');

const { runtime } = require('../node/runtime');
const { hasFlag } = require('../node/process-start');
const { PACKAGES, candidates, platformName } = require('./platforms');
const { version } = require('../../package.json');

const ROOT = path.join(__dirname, '..', '..');

function load() {
  const failures = [];
  for (const name of candidates()) {
    const addon = loadBuilt(name, failures) ?? loadPackage(name, failures);
    if (addon) return addon;
  }
  throw noAddon(failures);
}

function loadBuilt(name, failures) {
  const file = path.join(ROOT, 'native', `oxagent.${name}.node`);
  return attempt(() => require(file), file, failures);
}

function loadPackage(name, failures) {
  if (!Object.hasOwn(PACKAGES, name)) return null;
  const own = `oxagent-${name}`;
  return attempt(
    () => {
      const theirs = require(`${own}/package.json`).version;
      if (theirs !== version) throw new Error(`its version is ${theirs}, oxagent's ${version}`);
      return PACKAGES[name]();
    },
    own,
    failures,
  );
}

/** What is not there is no failure: most systems have one of the four. */
function attempt(loading, what, failures) {
  try {
    return loading();
  } catch (error) {
    const absent = error.code === 'MODULE_NOT_FOUND' && error.message.includes(what);
    if (!absent) failures.push({ what, error });
    return null;
  }
}

function noAddon(failures) {
  const forbidden = failures.find(({ error }) => isForbidden(error));
  const lines = forbidden ? whyForbidden(forbidden) : whyAbsent(failures);
  const { error: cause } = forbidden ?? failures[0] ?? {};
  const error = new Error(lines.join('\n'), { cause });
  return Object.assign(error, { code: 'OXAGENT_NO_ADDON' });
}

/** The process may load no addon, whatever is there. The second is Deno's, without --allow-ffi. */
function isForbidden({ code, name }) {
  return code === 'ERR_DLOPEN_DISABLED' || name === 'NotCapable';
}

function whyForbidden({ what, error }) {
  const lines = [
    'oxagent has its sockets in an addon, and this process may load none.',
    `${what} does not load: ${error.message}`,
  ];
  if (runtime === 'node') {
    lines.push(
      hasFlag('--no-addons')
        ? 'Node was started with --no-addons, which forbids them: start it without.'
        : 'Node was started with its permission model, which forbids them: add --allow-addons.',
    );
  }
  return lines;
}

function whyAbsent(failures) {
  const name = platformName();
  const install = path.join(ROOT, 'scripts', 'install.js');
  const lines = [`oxagent has no addon that loads on ${name}, Node ${process.versions.node}.`];
  for (const { what, error } of failures) lines.push(`${what} does not load: ${error.message}`);
  if (!Object.hasOwn(PACKAGES, name)) {
    lines.push('There is no package for this platform.');
  } else if (failures.length === 0) {
    lines.push(
      `The package oxagent-${name} is not installed: an install with --omit=optional, or made on`,
      'another platform, leaves it out. Install again on this one, with optional dependencies.',
    );
  }
  lines.push(
    'To build the addon here you need Rust 1.88 or newer (https://rustup.rs) and a C compiler:',
    '  npm rebuild oxagent',
    'or, with any package manager:',
    `  node ${JSON.stringify(install)}`,
  );
  return lines;
}

module.exports = load();
