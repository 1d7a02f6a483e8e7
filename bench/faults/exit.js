'use strict';

// A process that has nothing more to do, but 100 idle connections.

const { runProgram } = require('./program');
const { withServer } = require('./processes');

const CONNECTIONS = 100;
const LIMIT_MS = 100;
// A process that outlives it has been kept alive by its idle connections.
const DEADLINE_MS = 4000;

function measure(client, { secure }) {
  return withServer(['node'], { secure }, async (server) => {
    const { port, ca } = server;
    const settings = { client, secure, port, ca, connections: CONNECTIONS };
    const { code, signal, stdout, endedAt } = await runProgram('exit', settings, DEADLINE_MS);
    if (code !== 0) throw new Error(`the process ended with ${signal ?? code}`);
    return {
      connections: await server.connections(),
      ms: Number(endedAt - BigInt(stdout)) / 1e6,
    };
  });
}

function broken({ ms }, { 'nothing idle': without }) {
  if (!without) return ['there is nothing to compare it with'];
  const more = ms - without.ms;
  return more > LIMIT_MS ? [`the process ends ${more.toFixed(0)} ms later`] : [];
}

module.exports = {
  name: 'exit',
  summary: `the natural end of a process that has ${CONNECTIONS} idle connections: from the last answer's end on`,
  promise: `it ends at most ${LIMIT_MS} ms later than one whose agent keeps none`,
  ways: [
    { name: 'http', secure: false },
    { name: 'https', secure: true },
  ],
  clients: ['oxagent', 'node', 'nothing idle'],
  rounds: 9,
  measure,
  broken,
  columns: [
    { head: 'connections', of: (f) => f.connections },
    { head: 'ms to the end', of: (f) => f.ms, digits: 1 },
  ],
};
