'use strict';

// The processes of one measurement: a server and a client, each of its own.

const path = require('node:path');

const { Child } = require('../ipc');
const { startServer } = require('../server');

const CLIENT = path.join(__dirname, 'client.js');

/**
 * Resolves with what clients/<fault>.js measures. `settings` reach it as JSON; `deadlineMs` is how
 * long it may take; `launcher` starts its process in another way than node alone.
 */
async function measureIn(fault, client, settings, { deadlineMs, launcher = {} }) {
  const child = new Child(CLIENT, {
    label: client,
    args: [fault],
    execArgv: ['--expose-gc'],
    ...launcher,
  });
  try {
    return await child.ask('measure', { client, ...settings }, deadlineMs);
  } finally {
    await child.end();
  }
}

/** The first server of these kinds, for as long as `use` takes; all of its figures come from it. */
async function withServer(kinds, settings, use) {
  const server = await startServer(kinds, settings, () => {});
  try {
    return await use(server);
  } finally {
    await server.end();
  }
}

/** A server over http and one over https. */
function withServers(settings, use) {
  return withServer(['node'], { ...settings, secure: false }, (plain) =>
    withServer(['node'], { ...settings, secure: true }, (secure) =>
      use([
        { secure: false, port: plain.port },
        { secure: true, port: secure.port, ca: secure.ca },
      ]),
    ),
  );
}

module.exports = { measureIn, withServer, withServers };
