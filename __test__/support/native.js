'use strict';

// The addon's methods, watched or replaced until `restoreNative()`.

const { native } = require('../../lib/bridge/addon');

const replaced = new Set();

function replaceNative(name, replacement) {
  replaced.add(name);
  Object.defineProperty(native, name, { value: replacement, configurable: true });
}

/** { count } of the calls of a method, which goes on doing what it does. */
function countCalls(name) {
  const method = native[name];
  const calls = { count: 0 };
  replaceNative(name, (...args) => {
    calls.count++;
    return method.apply(native, args);
  });
  return calls;
}

function restoreNative() {
  for (const name of replaced) delete native[name];
  replaced.clear();
}

module.exports = { countCalls, replaceNative, restoreNative };
