'use strict';

// The process of one client. One library a process, so that peak memory, event loop and compiled
// code are its own.

const { scenarios } = require('./scenarios');

const [rowName, scenarioName] = process.argv.slice(2);
const scenario = scenarios[scenarioName];
if (scenario.tracer) require('./tracers').startTracer(scenario.tracer);

const { serveParent } = require('./ipc');
const { findRow } = require('./rows');
const { openSession } = require('./sessions');

const row = findRow(rowName);

let library;
let session;

serveParent({
  load() {
    library = row.load(scenario);
    return { version: library.version };
  },
  warmUp({ seconds, ...target }) {
    session = openSession(library, { scenario, ...target });
    return session.warmUp(seconds);
  },
  measure: ({ seconds }) => session.measure(seconds),
  negotiated: () => session.negotiated(),
  close: () => session.close(),
});
