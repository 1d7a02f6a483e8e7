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

/** Whether the connection of one request resumed a session, told once the connection has gone. */
async function reused(site, agent, options) {
  const req = getSecure({ port: site.port, agent, ...options });
  let told;
  req.once('response', (res) => {
    told = res.socket.isSessionReused();
  });
  const { socket } = await support.answer(req);
  await support.closed(socket);
  return told;
}

module.exports = {
  ...support,
  HttpsAgent,
  getSecure,
  httpsAgentWith,
  nodeAgentWith,
  requestSecure,
  reused,
};
