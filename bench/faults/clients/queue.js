'use strict';

const { agentOf } = require('../agents');
const { Outcomes } = require('../outcomes');
const { countsLeft, poolCounts } = require('../pool-counts');
const { send } = require('../request');

async function measure({ client, requests, maxSockets, ...target }) {
  const agent = agentOf(client, target, { maxSockets, maxFreeSockets: maxSockets });
  const outcomes = new Outcomes();
  let mostSockets = 0;
  const look = () => {
    mostSockets = Math.max(mostSockets, agent.totalSocketCount);
  };
  const beganAt = performance.now();
  const all = Array.from({ length: requests }, () =>
    outcomes.count(send(agent, target)).then(look),
  );
  look();
  const { requests: queued } = poolCounts(agent);
  await Promise.all(all);
  const seconds = (performance.now() - beganAt) / 1e3;
  agent.destroy();
  return { outcomes, queued, mostSockets, seconds, left: await countsLeft(agent) };
}

module.exports = { measure };
