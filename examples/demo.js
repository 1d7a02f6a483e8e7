'use strict';

// What oxagent does, in less than a minute, against servers that the demo starts itself on
// loopback: the same requests without an agent, with Node's agents and with oxagent, over HTTP and
// HTTPS; which engine serves TLS; then the pool as the agent shows it.

const { fork } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const { CIPHER, tryEngines } = require('./demo/engines');
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

  const ports = await nextMessage();
  return {
    ...ports,
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
  const lines = results.map((result) => {
    const stock = results.find(({ secure, isNodes }) => isNodes && secure === result.secure);
    return [
      result.name,
      Math.round(result.requestsPerSecond).toLocaleString('en-US'),
      `${(result.requestsPerSecond / stock.requestsPerSecond).toFixed(2)} x`,
      result.connections.toLocaleString('en-US'),
      `${result.loopMicrosPerRequest.toFixed(1)} us`,
      `${(result.loopMicrosPerRequest / stock.loopMicrosPerRequest).toFixed(2)} x`,
      result.transport ?? '-',
    ];
  });
  printTable(
    ['', 'requests/s', 'to Node', 'connections', 'loop time each', 'to Node', 'transport'],
    lines,
  );
}

function printEngines(tried) {
  printTable(
    ['new HttpsAgent(options)', 'socket.transport', 'cipher'],
    tried.map(({ words, transport, cipher }) => [words, transport, cipher]),
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

function waysFor({ Agent, HttpsAgent }) {
  const from = (Class) => (options) => new Class(options);
  return [
    { name: 'http: no agent (agent: false)', makeAgent: () => false },
    { name: "http: Node's http.Agent", makeAgent: from(http.Agent), isNodes: true },
    { name: 'http: oxagent Agent', makeAgent: from(Agent) },
    { name: 'https: no agent (agent: false)', secure: true, makeAgent: () => false },
    {
      name: "https: Node's https.Agent",
      secure: true,
      makeAgent: from(https.Agent),
      isNodes: true,
    },
    { name: 'https: oxagent HttpsAgent', secure: true, makeAgent: from(HttpsAgent) },
  ];
}

async function main() {
  const { Agent, HttpsAgent } = loadOxagent();
  const server = await startServer();
  try {
    print(`oxagent demo: Node ${process.version}, a server of Node's own on 127.0.0.1`);
    print();
    print(`1. The same ${REQUESTS.toLocaleString('en-US')} requests, ${AT_ONCE} at once`);
    print(`   (the middle of ${RUNS} runs each; they take turns)`);
    print();
    printRace(await race(waysFor({ Agent, HttpsAgent }), server));
    print();
    print('   to Node: compared with its agent for the same protocol.');
    print('   connections: how many the server saw in one run.');
    print('   loop time each: how long the event loop was busy for one request.');
    print('   transport: the engine that a TLS socket of oxagent names.');
    print('   The server is one Node process, and the requests/s never exceed what it can answer.');
    print();

    print('2. The engine that serves TLS follows from the options');
    print();
    printEngines(await tryEngines(HttpsAgent, server));
    print();
    print(`   CBC: '${CIPHER}', which only OpenSSL has.`);
    print();

    const { REQUESTS: few, MAX_SOCKETS } = views;
    print(`3. The pool, as the agent shows it: ${few} requests, maxSockets ${MAX_SOCKETS}`);
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
