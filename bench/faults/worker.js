'use strict';

// A worker thread of clients/workers.js: it sends requests until it is terminated, and says when
// the first of each kind are under way.

const { parentPort, workerData } = require('node:worker_threads');

const { agentOf } = require('./agents');
const { startLoops } = require('./loops');

const { client, sites } = workerData;

const agents = sites.map((site) => agentOf(client, site));
startLoops(agents, sites).then(() => parentPort.postMessage('under way'));
