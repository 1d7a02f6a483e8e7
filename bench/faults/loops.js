'use strict';

// Requests that never end, for what is ended in their midst.

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const { send } = require('./request');

const LOOPS = 4;

async function sendOn(agent, site) {
  for (;;) await send(agent, site);
}

/**
 * Small GETs to each site without end, and the body of a large one. Resolves when an answer of each
 * kind has begun; a request that fails throws where nobody catches it.
 */
async function startLoops(agents, sites) {
  const begun = agents.map(async (agent, i) => {
    const { secure, port } = sites[i];
    await send(agent, sites[i]);
    for (let loop = 0; loop < LOOPS; loop += 1) sendOn(agent, sites[i]);
    const { get } = secure ? https : http;
    const request = get({ host: '127.0.0.1', port, path: '/large', agent });
    const [response] = await once(request, 'response');
    response.resume();
  });
  await Promise.all(begun);
}

module.exports = { startLoops };
