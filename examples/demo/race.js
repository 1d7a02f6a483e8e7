'use strict';

// The same requests, sent three ways.

const http = require('node:http');
const { performance } = require('node:perf_hooks');

const { progress } = require('./terminal');

const REQUESTS = 2000;
const AT_ONCE = 50;
// One run takes less than a second and so can be unlucky; of an odd number, one is in the middle.
const RUNS = 5;

function get(options) {
  return new Promise((resolve, reject) => {
    const request = http.get(options, (response) => {
      response.resume();
      response.on('end', resolve);
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

async function sendAll(options) {
  let left = REQUESTS;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await get(options);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function runOnce(makeAgent, server) {
  const agent = makeAgent({ keepAlive: true, maxSockets: AT_ONCE, maxFreeSockets: AT_ONCE });
  const connectionsBefore = await server.connections();
  const loopBefore = performance.eventLoopUtilization();
  const startedAt = performance.now();
  await sendAll({ host: '127.0.0.1', port: server.port, agent });
  const seconds = (performance.now() - startedAt) / 1e3;
  const loop = performance.eventLoopUtilization(loopBefore);
  const connections = (await server.connections()) - connectionsBefore;
  if (agent) agent.destroy();
  return {
    requestsPerSecond: REQUESTS / seconds,
    connections,
    loopMicrosPerRequest: (loop.active * 1e3) / REQUESTS,
  };
}

function middle(runs, figure) {
  return runs.map((run) => run[figure]).sort((a, b) => a - b)[(runs.length - 1) / 2];
}

// `ways` are [name, makeAgent]. They take turns, so that none has the machine to itself; the very
// first turn of each only gets the code compiled.
async function race(ways, server) {
  const runs = new Map(ways.map(([name]) => [name, []]));
  const total = (RUNS + 1) * ways.length;
  let done = 0;
  for (let turn = 0; turn <= RUNS; turn += 1) {
    for (const [name, makeAgent] of ways) {
      const what = turn === 0 ? 'warming up' : `run ${turn} of ${RUNS}`;
      progress(done, total, `${what}: ${name}`);
      const figures = await runOnce(makeAgent, server);
      if (turn > 0) runs.get(name).push(figures);
      done += 1;
    }
  }
  return ways.map(([name]) => ({
    name,
    requestsPerSecond: middle(runs.get(name), 'requestsPerSecond'),
    connections: middle(runs.get(name), 'connections'),
    loopMicrosPerRequest: middle(runs.get(name), 'loopMicrosPerRequest'),
  }));
}

module.exports = { race, get, REQUESTS, AT_ONCE, RUNS };
