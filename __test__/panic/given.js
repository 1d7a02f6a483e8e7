'use strict';

// The I/O thread panics while it gives a connection to the event loop: what becomes of the request
// that has the connection by then, and of the next one.
// arguments: package, port

const http = require('node:http');
const path = require('node:path');

const [oxagent, port] = process.argv.slice(2);
const { Agent } = require(oxagent);
const { armPanic } = require(path.join(oxagent, 'lib/bridge/native'));

// By the number of src/net/injection.rs.
const GIVING = 11;

// A request that waits has the connection at once when it is free.
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function outcome(method) {
  return new Promise((resolve) => {
    const req = http.request({ host: '127.0.0.1', port, agent, method }, (res) => {
      res.resume().on('end', () => resolve('answer'));
    });
    req.on('error', (error) => resolve(error.code)).end();
  });
}

async function main() {
  armPanic(GIVING);
  // A POST is not sent twice.
  const outcomes = await Promise.all([outcome('GET'), outcome('POST')]);
  outcomes.push(await outcome('GET'));
  console.log(JSON.stringify(outcomes));
}

main();
