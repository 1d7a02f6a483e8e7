'use strict';

// The HTTPS agent under test. OXAGENT_TEST_STOCK=1 swaps Node's own https.Agent in, so that every
// test here also says what Node does; where oxagent differs on purpose, the test names the reason.

const https = require('node:https');
const support = require('./agent');

const { HttpsAgent } = support.stock ? { HttpsAgent: https.Agent } : require('../..');

/** An agent that `dispose()` destroys. */
function httpsAgentWith(options) {
  return support.tracked(new HttpsAgent(options));
}

/** Node's own agent in every run, for tests that compare; `dispose()` destroys it. */
function nodeAgentWith(options) {
  return support.tracked(new https.Agent(options));
}

function getSecure(options) {
  return https.get({ host: '127.0.0.1', servername: 'localhost', ...options });
}

function requestSecure(options) {
  return https.request({ host: '127.0.0.1', servername: 'localhost', ...options });
}

module.exports = {
  ...support,
  HttpsAgent,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
};
