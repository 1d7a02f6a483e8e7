'use strict';

// In which file a function stands. V8 tells only debuggers, and a process that has had one awaits
// promises more slowly until it ends. So the function's text is looked for in the files of the
// modules that are loaded: tens of milliseconds where they are a thousand, spent once for each
// function that a warning names.

const fs = require('node:fs');
const Module = require('node:module');
const { isAbsolute } = require('node:path');

// A shorter function may be written alike where nobody looks: in an ES module, say.
const CHARS_MIN = 40;

const FILES_MAX = 1000;

/** `file:line`, or null where it cannot be known: it is native, bound, translated, or there twice. */
function locationOf(fn) {
  const text = Function.prototype.toString.call(fn);
  if (text.length < CHARS_MIN) return null;
  const files = Object.keys(Module._cache ?? {}).filter(isAbsolute);
  if (files.length > FILES_MAX) return null;
  const found = [];
  for (const file of files) {
    const source = read(file);
    const at = source.indexOf(text);
    if (at === -1) continue;
    if (found.length > 0 || source.includes(text, at + 1)) return null;
    found.push(`${file}:${source.slice(0, at).split('\n').length}`);
  }
  return found[0] ?? null;
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // It has gone, or the process may not read it.
    return '';
  }
}

module.exports = { locationOf };
