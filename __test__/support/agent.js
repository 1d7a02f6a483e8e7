'use strict';

// The agent under test. OXAGENT_TEST_STOCK=1 swaps Node's own http.Agent in, so that every test
// here also says what Node does; where oxagent differs on purpose, the test names the reason.

const { once } = require('node:events');
const http = require('node:http');

const stock = Boolean(process.env.OXAGENT_TEST_STOCK);
const nodeMajor = Number(process.versions.node.split('.')[0]);

const { Agent } = stock ? http : require('../..');

// What needs Node's transport is told once, by a warning: many tests need it, and one is about it.
const printing = process.listeners('warning');
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.code === 'OXAGENT_NODE_TRANSPORT') return;
  for (const print of printing) print.call(process, warning);
});

const made = new Set();

/** An agent that `dispose()` destroys. */
function agentWith(options) {
  return tracked(new Agent(options));
}

function tracked(agent) {
  made.add(agent);
  return agent;
}

/** Gives `it` for oxagent, and a pending test that says why for Node's own agent. */
function differs(reason) {
  return stock ? (title) => it(`${title} [Node differs: ${reason}]`) : it;
}

/** Gives `it`, or a pending test where Node's own agent is older than the behaviour. */
function since(major) {
  return stock && nodeMajor < major ? (title) => it(`${title} [since Node ${major}]`) : it;
}

/** The agents are done: their connections close, and nothing of them reaches the next test. */
function dispose() {
  for (const agent of made) agent.destroy();
  made.clear();
}

function get(options) {
  return http.get({ host: '127.0.0.1', ...options });
}

function request(options) {
  return http.request({ host: '127.0.0.1', ...options });
}

/**
 * The whole answer to a request, given when the request has closed: by then a connection that is
 * kept has been handed back to the agent.
 */
async function answer(req) {
  const closed = new Promise((resolve) => req.on('close', resolve));
  const [res] = await once(req, 'response');
  const { socket } = req;
  watchClose(socket);
  const chunks = [];
  res.on('data', (chunk) => chunks.push(chunk));
  await once(res, 'end');
  await closed;
  return { res, socket, body: Buffer.concat(chunks).toString() };
}

/** The error of a request that must fail, given when the request has closed. */
async function failure(req) {
  let error;
  let answered = false;
  req.on('error', (err) => {
    if (error) throw new Error(`a second error: ${err.message}`);
    error = err;
  });
  req.on('response', (res) => {
    answered = true;
    res.on('error', () => {});
    res.resume();
  });
  await new Promise((resolve) => req.on('close', resolve));
  if (answered) throw new Error('the request was answered');
  if (!error) throw new Error('the request closed without an error');
  return error;
}

const closings = new WeakMap();

function watchClose(socket) {
  if (closings.has(socket)) return;
  closings.set(socket, new Promise((resolve) => socket.once('close', resolve)));
}

/** Given when a socket that `answer()` has seen has closed, be it long ago. */
function closed(socket) {
  return closings.get(socket);
}

/** How many entries each key of a view has. */
function counts(view) {
  return Object.fromEntries(Object.entries(view).map(([key, list]) => [key, list.length]));
}

/** How many entries a view has in all. */
function total(view) {
  return Object.values(view).reduce((sum, list) => sum + list.length, 0);
}

module.exports = {
  Agent,
  agentWith,
  answer,
  closed,
  counts,
  differs,
  dispose,
  failure,
  get,
  request,
  since,
  stock,
  total,
  tracked,
};
