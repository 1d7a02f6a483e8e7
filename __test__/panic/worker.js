'use strict';

// Holds a request until it fails, says how, and makes another.

const http = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');

const { port, oxagent } = workerData;
const { Agent } = require(oxagent);

const options = { host: '127.0.0.1', port, agent: new Agent() };
const say = (text) => parentPort.postMessage(text);

http
  .get({ ...options, path: '/held' }, (res) => {
    res.on('error', () => {});
    res.once('data', () => say('ready'));
    res.socket.on('error', ({ code }) => {
      say(code);
      http.get(options, (next) => next.once('data', (chunk) => say(String(chunk))));
    });
  })
  .on('error', () => {});
