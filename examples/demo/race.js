'use strict';

// The same requests, sent in several ways.

const { performance } = require('node:perf_hooks');

const { get, target } = require('./request');
const { progress } = require('./terminal');

const REQUESTS = 2000;
const AT_ONCE = 50;
// One run takes less than a second and so can be unlucky; of an odd number, one is in the middle.
const RUNS = 3;

// Resolves with what the last socket says of its transport; only oxagent's TLS sockets do.
async function sendAll(options) {
  let left = REQUESTS;
  let transport;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      transport = (await get(options)).transport;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return transport;
}

async function runOnce({ makeAgent, secure }, server) {
  const agent = makeAgent({ keepAlive: true, maxSockets: AT_ONCE, maxFreeSockets: AT_ONCE });
  const connectionsBefore = await server.connections();
  const loopBefore = performance.eventLoopUtilization();
  const startedAt = performance.now();
  const transport = await sendAll({ ...target(server, secure), agent });
  const seconds = (performance.now() - startedAt) / 1e3;
  const loop = performance.eventLoopUtilization(loopBefore);
  const connections = (await server.connections()) - connectionsBefore;
  if (agent) agent.destroy();
  return {
    requestsPerSecond: REQUESTS / seconds,
    connections,
    loopMicrosPerRequest: (loop.active * 1e3) / REQUESTS,
    transport,
  };
}

function middle(runs, figure) {
  return runs.map((run) => run[figure]).sort((a, b) => a - b)[(runs.length - 1) / 2];
}

// `ways` are { name, secure, makeAgent }. They take turns, so that none has the machine to itself;
// the very first turn of each only gets the code compiled.
async function race(ways, server) {
  const runs = new Map(ways.map((way) => [way, []]));
  const total = (RUNS + 1) * ways.length;
  let done = 0;
  for (let turn = 0; turn <= RUNS; turn += 1) {
    for (const way of ways) {
      const what = turn === 0 ? 'warming up' : `run ${turn} of ${RUNS}`;
      progress(done, total, `${what}: ${way.name}`);
      const figures = await runOnce(way, server);
      if (turn > 0) runs.get(way).push(figures);
      done += 1;
    }
  }
  return ways.map((way) => ({
    ...way,
    requestsPerSecond: middle(runs.get(way), 'requestsPerSecond'),
    connections: middle(runs.get(way), 'connections'),
    loopMicrosPerRequest: middle(runs.get(way), 'loopMicrosPerRequest'),
    transport: runs.get(way)[0].transport,
  }));
}

module.exports = { race, REQUESTS, AT_ONCE, RUNS };
