'use strict';

// Ten requests through a pool of four connections, and what the agent's own views say meanwhile.

const { setImmediate: nextTurn, setTimeout: delay } = require('node:timers/promises');

const { get, target } = require('./request');

const REQUESTS = 10;
const MAX_SOCKETS = 4;
// Sockets leave the views on their 'close', some turns of the loop after destroy().
const CLOSING_MS = 50;

function count(lists) {
  return Object.values(lists).reduce((sum, list) => sum + list.length, 0);
}

function look(agent, moment) {
  return {
    moment,
    sockets: count(agent.sockets),
    freeSockets: count(agent.freeSockets),
    requests: count(agent.requests),
    // All three views have the same keys: one for each origin, as agent.getName() returns it.
    origins: Object.keys({ ...agent.sockets, ...agent.freeSockets, ...agent.requests }),
  };
}

async function watchPool(Agent, server) {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const looks = [look(agent, 'before the first request')];

  let answered = 0;
  const options = { ...target(server, false), path: '/slow', agent };
  const requests = Array.from({ length: REQUESTS }, async () => {
    await get(options);
    answered += 1;
    // Four at a time are under way: look when the last of them has been answered.
    if (answered % MAX_SOCKETS === 0) {
      await nextTurn(); // The agent takes a socket back after the response's 'end'.
      looks.push(look(agent, `${answered} answered`));
    }
  });
  looks.push(look(agent, `right after http.get(), ${REQUESTS} times`));
  await Promise.all(requests);
  await nextTurn();
  looks.push(look(agent, `all ${REQUESTS} answered`));

  agent.destroy();
  await delay(CLOSING_MS);
  looks.push(look(agent, 'after agent.destroy()'));
  return looks;
}

module.exports = { watchPool, REQUESTS, MAX_SOCKETS };
