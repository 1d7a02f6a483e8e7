'use strict';

// In which file a function stands. V8 tells it to debuggers alone, which get to hear of every
// script first: milliseconds, and more in a large program. So it is asked once for each function
// that a warning names, and nowhere else. Nothing of the program runs.

const { isAbsolute } = require('node:path');
const { fileURLToPath } = require('node:url');

const { runtime } = require('./runtime');

// Under it the function is a global while V8 is asked for it.
const kAsked = 'oxagent asks where this function stands';

// What stands for another function: a bound one, a Proxy.
const TARGETS = ['[[TargetFunction]]', '[[Target]]'];
const TARGETS_MAX = 8;

/** `file:line`, or null where it cannot be known: it is Node's own, made by eval(), or native. */
function locationOf(fn) {
  if (runtime !== 'node') return null;
  let session;
  try {
    const { Session } = require('node:inspector');
    session = new Session();
    session.connect();
    return find(session, fn);
  } catch {
    // A Node without an inspector, or a process that may not use it.
    return null;
  } finally {
    session?.disconnect();
  }
}

function find(session, fn) {
  const location = scriptOf(session, remoteOf(session, fn));
  if (!location) return null;
  let url;
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.scriptId === location.scriptId) url = params.url;
  });
  post(session, 'Debugger.enable');
  post(session, 'Debugger.disable');
  const file = url?.startsWith('file:') ? fileURLToPath(url) : url;
  return file && isAbsolute(file) ? `${file}:${location.lineNumber + 1}` : null;
}

function remoteOf(session, fn) {
  // biome-ignore lint/style/noRestrictedGlobals: what V8 evaluates sees it
  Object.defineProperty(globalThis, kAsked, { value: fn, configurable: true });
  try {
    const expression = `globalThis[${JSON.stringify(kAsked)}]`;
    return post(session, 'Runtime.evaluate', { expression }).result.objectId;
  } finally {
    // biome-ignore lint/style/noRestrictedGlobals: as above
    delete globalThis[kAsked];
  }
}

function scriptOf(session, objectId) {
  for (let i = 0; i < TARGETS_MAX && objectId; i++) {
    const { internalProperties = [] } = post(session, 'Runtime.getProperties', {
      objectId,
      ownProperties: true,
    });
    const of = (...names) => internalProperties.find(({ name }) => names.includes(name))?.value;
    const location = of('[[FunctionLocation]]');
    if (location) return location.value;
    objectId = of(...TARGETS)?.objectId;
  }
  return null;
}

// Answered at once, as it is of the same thread.
function post(session, method, params = {}) {
  let answer;
  session.post(method, params, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer;
}

module.exports = { locationOf };
