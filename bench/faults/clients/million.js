'use strict';

const { Load } = require('../../load');
const { settledMemory } = require('../../memory');
const { agentOf } = require('../agents');
const { send } = require('../request');

const AT = 100;
const TENTHS = 10;

const UNMETERED = { record() {} };

async function measure({ client, requests, ...target }) {
  const agent = agentOf(client, target, { maxSockets: AT, maxFreeSockets: AT });
  const load = new Load(() => send(agent, target), AT, UNMETERED);
  const samples = [];
  const beganAt = performance.now();
  for (let tenth = 0; tenth < TENTHS; tenth += 1) {
    await load.run(Math.ceil(requests / TENTHS));
    const { rss, heapUsed } = await settledMemory();
    samples.push({ rss, heapUsed });
  }
  const seconds = (performance.now() - beganAt) / 1e3;
  agent.destroy();
  return { samples, seconds };
}

module.exports = { measure };
