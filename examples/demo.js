'use strict';

// What oxagent does, in a few seconds, against a server that the demo starts itself on loopback:
// the same requests without an agent, with Node's http.Agent and with oxagent; then the pool as the
// agent shows it.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const path = require('node:path');

const { race, REQUESTS, AT_ONCE, RUNS } = require('./demo/race');
const { print, printTable, progress } = require('./demo/terminal');
const views = require('./demo/views');

const ROOT = path.dirname(__dirname);

function loadOxagent() {
  try {
    return require(ROOT); // In a program of yours: require('oxagent')
  } catch (error) {
    throw new Error(
      `oxagent does not load; 'npm run demo' builds it first (${error.message.split('\n')[0]})`,
    );
  }
}

async function startServer() {
  const child = fork(path.join(__dirname, 'demo', 'server.js'), { execArgv: [] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the demo server has ended');
  });
  ended.catch(() => {}); // It also ends when we are done with it.

  // The first message tells the port, every other answers a question of ours, one at a time.
  let deliver;
  child.on('message', (message) => deliver(message));
  const nextMessage = () => {
    const message = new Promise((resolve) => {
      deliver = resolve;
    });
    return Promise.race([message, ended]);
  };

  const { port } = await nextMessage();
  return {
    port,
    async connections() {
      const answer = nextMessage();
      child.send('connections');
      return (await answer).connections;
    },
    end() {
      if (child.connected) child.disconnect();
    },
  };
}

function printRace(results) {
  const stock = results.find(({ name }) => name.startsWith("Node's"));
  printTable(
    ['', 'requests/s', 'against Node', 'connections', 'loop time each', 'against Node'],
    results.map((result) => [
      result.name,
      Math.round(result.requestsPerSecond).toLocaleString('en-US'),
      `${(result.requestsPerSecond / stock.requestsPerSecond).toFixed(2)} x`,
      result.connections.toLocaleString('en-US'),
      `${result.loopMicrosPerRequest.toFixed(1)} us`,
      `${(result.loopMicrosPerRequest / stock.loopMicrosPerRequest).toFixed(2)} x`,
    ]),
  );
}

function printViews(looks) {
  printTable(
    ['', 'sockets', 'freeSockets', 'requests', 'keys'],
    looks.map((look) => [
      look.moment,
      String(look.sockets),
      String(look.freeSockets),
      String(look.requests),
      look.origins.join(' ') || '-',
    ]),
  );
}

async function main() {
  const { Agent } = loadOxagent();
  const server = await startServer();
  try {
    print(`oxagent demo: Node ${process.version}, a node:http server on 127.0.0.1:${server.port}`);
    print();
    print(`1. The same ${REQUESTS.toLocaleString('en-US')} requests, ${AT_ONCE} at once`);
    print(`   (the middle of ${RUNS} runs each; they take turns)`);
    print();
    const ways = [
      ['no agent (agent: false)', () => false],
      ["Node's http.Agent", (options) => new http.Agent(options)],
      ['oxagent', (options) => new Agent(options)],
    ];
    printRace(await race(ways, server));
    print();
    print('   connections: how many the server saw in one run.');
    print('   loop time each: how long the event loop was busy for one request.');
    print('   The server is one Node process, and the requests/s never exceed what it can answer.');
    print();

    const { REQUESTS: few, MAX_SOCKETS } = views;
    print(`2. The pool, as the agent shows it: ${few} requests, maxSockets ${MAX_SOCKETS}`);
    print();
    progress(0, 1, 'asking for slow responses');
    printViews(await views.watchPool(Agent, server));
    print();
  } finally {
    server.end();
  }
}

main().catch((error) => {
  print(`demo: ${error.message}`);
  process.exitCode = 1;
});
