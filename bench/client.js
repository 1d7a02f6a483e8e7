'use strict';

// The process of one client. One library a process, so that peak memory, event loop and compiled
// code are its own.

const { serveParent } = require('./ipc');
const rows = require('./rows');
const scenarios = require('./scenarios');
const { Session } = require('./session');

const row = rows.find(({ name }) => name === process.argv[2]);

let library;
let session;

serveParent({
  load() {
    library = row.load();
    return { version: library.version };
  },
  warmUp({ scenarioName, port, at, seconds }) {
    session = new Session(library, { scenario: scenarios[scenarioName], port, at });
    return session.warmUp(seconds);
  },
  measure: ({ seconds }) => session.measure(seconds),
  close: () => session.close(),
});
