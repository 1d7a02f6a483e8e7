'use strict';

const { subscribe } = require('node:diagnostics_channel');

const { Load } = require('../../load');
const { agentOf } = require('../agents');
const { Outcomes } = require('../outcomes');
const { send } = require('../request');

const AT = 50;

// Of requests that are GETs and POSTs in turns; a POST has a number that the server sees.
const MIXED = 600;

const UNMETERED = { record() {} };

let replays = 0;
subscribe('oxagent:replay', () => {
  replays += 1;
});

async function sendGets(agent, target, count) {
  const gets = new Outcomes();
  await new Load(() => gets.count(send(agent, target)), AT, UNMETERED).run(count);
  return gets;
}

async function sendMixed(agent, target, count) {
  const mixed = { gets: new Outcomes(), posts: new Outcomes() };
  let number = 0;
  const sendNext = () => {
    number += 1;
    if (number % 2 === 0) return mixed.gets.count(send(agent, target));
    const headers = { 'X-Post': number };
    return mixed.posts.count(send(agent, target, { method: 'POST', headers, body: 'once' }));
  };
  await new Load(sendNext, AT, UNMETERED).run(count);
  return mixed;
}

async function measure({ client, requests, ...target }) {
  const agent = agentOf(client, target, { maxSockets: AT });
  const beganAt = performance.now();
  const gets = await sendGets(agent, target, requests);
  const seconds = (performance.now() - beganAt) / 1e3;
  const figures = { gets, seconds, replays };
  const mixed = await sendMixed(agent, target, Math.min(MIXED, requests));
  agent.destroy();
  return { ...figures, mixed };
}

module.exports = { measure };
