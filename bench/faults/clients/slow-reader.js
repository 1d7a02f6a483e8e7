'use strict';

const http = require('node:http');
const https = require('node:https');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');

const { peakRssBytes, resetPeakRss, settledMemory } = require('../../memory');
const { agentOf } = require('../agents');
const { send } = require('../request');

const MIB = 2 ** 20;
const WARM_UP = 500;

const SLOW_BYTES = 64 * MIB;
const SIP_BYTES = 64 * 1024;
const SIP_EVERY_MS = 2;
const PAUSE_MS = 2000;
const COLLECT_BYTES = 16 * MIB;

async function get(agent, { secure, port }) {
  const { get: getOf } = secure ? https : http;
  const request = getOf({ host: '127.0.0.1', port, path: '/large', agent });
  const [response] = await once(request, 'response');
  return response;
}

// Takes SIP_BYTES at a time until SLOW_BYTES are read; then nothing for a while, then the rest.
// Resolves with the bytes of all, and the peak of the RSS at the pause's end.
function readSlowly(response, collects) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let rested = 0;
    let collected = 0;
    let slowPeak = null;
    const goOn = async (afterMs) => {
      response.pause();
      await delay(afterMs);
      if (afterMs === PAUSE_MS) slowPeak = peakRssBytes();
      response.resume();
    };
    response.on('data', (chunk) => {
      bytes += chunk.length;
      if (collects && bytes >= collected + COLLECT_BYTES) {
        collected = bytes;
        globalThis.gc();
      }
      if (slowPeak !== null || bytes < rested + SIP_BYTES) return;
      rested = bytes;
      goOn(bytes < SLOW_BYTES ? SIP_EVERY_MS : PAUSE_MS);
    });
    response.on('end', () => resolve({ bytes, slowPeak }));
    response.on('error', reject);
  });
}

async function measure({ client, collects, ...target }) {
  const agent = agentOf(client, target);
  for (let i = 0; i < WARM_UP; i += 1) await send(agent, target);
  const { rss: before } = await settledMemory();
  resetPeakRss();
  const beganAt = performance.now();
  const { bytes, slowPeak } = await readSlowly(await get(agent, target), collects);
  const seconds = (performance.now() - beganAt) / 1e3;
  agent.destroy();
  return {
    bytes,
    seconds,
    collects,
    beforeMiB: before / MIB,
    slowMiB: (slowPeak - before) / MIB,
    peakMiB: (peakRssBytes() - before) / MIB,
  };
}

module.exports = { measure };
