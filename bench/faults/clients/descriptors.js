'use strict';

const fs = require('node:fs');
const os = require('node:os');

const { agentOf } = require('../agents');
const { Outcomes } = require('../outcomes');
const { openDescriptors } = require('../kernel');
const { send } = require('../request');

// Takes all that are left.
function takeDescriptors() {
  const taken = [];
  try {
    for (;;) taken.push(fs.openSync(os.devNull));
  } catch (error) {
    if (error.code !== 'EMFILE') throw error;
  }
  return taken;
}

async function sendAtOnce(agent, target, count) {
  const outcomes = new Outcomes();
  await Promise.all(Array.from({ length: count }, () => outcomes.count(send(agent, target))));
  return outcomes;
}

async function sendOneByOne(agent, target, count) {
  const outcomes = new Outcomes();
  for (let i = 0; i < count; i += 1) await outcomes.count(send(agent, target));
  return outcomes;
}

async function measure({ client, requests, maxSockets, when, ...target }) {
  const agent = agentOf(client, target);
  const before = openDescriptors();
  // Also of the ones that the agent would take for itself, at its first request.
  const taken = when === 'none left' ? takeDescriptors() : [];
  const short = await sendAtOnce(agent, target, requests);
  for (const descriptor of taken) fs.closeSync(descriptor);
  const oneByOne = await sendOneByOne(agent, target, requests);
  agent.maxSockets = maxSockets;
  const limited = await sendAtOnce(agent, target, requests);
  agent.destroy();
  return { before, short, oneByOne, limited };
}

module.exports = { measure };
