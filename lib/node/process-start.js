'use strict';

// What the process was started with. Node reads NODE_OPTIONS and its own variables then; a program
// may have changed process.env since, and a worker has flags and an environment of its own.

const fs = require('node:fs');
const process = require('node:process');

let environment;
let flags = null;

/** The environment at the start, or null where the system does not tell. */
function startEnvironment() {
  if (environment === undefined) {
    const entries = procList('environ');
    environment = entries && new Map(entries.map(splitEntry));
  }
  return environment;
}

/** Whether Node was given this flag: on the command line, in NODE_OPTIONS, or for this worker. */
function hasFlag(flag) {
  if (flags === null) {
    const words = [
      process.env.NODE_OPTIONS ?? '',
      startEnvironment()?.get('NODE_OPTIONS') ?? '',
    ].flatMap((text) => text.split(/[\s"]+/));
    const given = [...process.execArgv, ...(procList('cmdline') ?? []), ...words];
    flags = new Set(given.map((word) => word.replaceAll('_', '-')));
  }
  return flags.has(flag);
}

function procList(name) {
  try {
    return fs.readFileSync(`/proc/self/${name}`, 'utf8').split('\0');
  } catch {
    return null;
  }
}

function splitEntry(entry) {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

module.exports = { hasFlag, startEnvironment };
