'use strict';

// Opens its connections with as many requests at once, says when the last answer has ended, and has
// nothing more to do.

const fs = require('node:fs');

const { agentOf } = require('../agents');
const { send } = require('../request');

const { client, connections, ...target } = JSON.parse(process.argv[2]);

async function main() {
  const agent =
    client === 'nothing idle'
      ? agentOf('node', target, { keepAlive: false })
      : agentOf(client, target);
  await Promise.all(Array.from({ length: connections }, () => send(agent, target)));
  fs.writeSync(1, String(process.hrtime.bigint()));
}

main();
