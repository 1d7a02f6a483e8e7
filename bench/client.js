'use strict';

// The process of one client. One library a process, so that peak memory, event loop and compiled
// code are its own.

const { serveParent } = require('./ipc');
const { findRow } = require('./rows');
const { scenarios } = require('./scenarios');
const { openSession } = require('./sessions');

const [rowName, scenarioName] = process.argv.slice(2);
const row = findRow(rowName);
const scenario = scenarios[scenarioName];

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
