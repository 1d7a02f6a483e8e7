'use strict';

// What the HTTP clients of Node, Deno and Bun mark on options, requests and sockets, and tell their
// own agents by it.

const tls = require('node:tls');

// By Node and by Bun.
const PER_REQUEST_IDENTITY = ['per-request checkServerIdentity', 'kPerRequestCheckServerIdentity'];

const PROXY_TUNNEL = 'kWaitForProxyTunnel';

// Deno's client sets no mark.
const kOwnMark = Symbol(PER_REQUEST_IDENTITY[0]);
let marked = 0;

/**
 * The client's mark of a request that brings its own checkServerIdentity(): it has a connection of
 * its own. Undefined where there is none, or where Node is older than the mark.
 */
function perRequestIdentity(options) {
  if (options.checkServerIdentity === undefined) return undefined;
  return Object.getOwnPropertySymbols(options).find(
    (symbol) => PER_REQUEST_IDENTITY.includes(symbol.description) && options[symbol],
  );
}

/**
 * Sets the mark that Node's client sets, where the runtime's does not. An agent's own function is
 * for all of its requests.
 */
function markIdentity(agent, options) {
  const { checkServerIdentity } = options;
  if (checkServerIdentity === undefined || checkServerIdentity === tls.checkServerIdentity) return;
  if (agent.options.checkServerIdentity !== undefined || options[kOwnMark]) return;
  options[kOwnMark] = ++marked;
}

/** Deno's client sends any agent to the proxy that its environment names, and says so here. */
function isSentToProxy(options) {
  return Boolean(options._proxy);
}

/** Node's https.Agent has returned the connection to the proxy, and is to call back later. */
function waitsForTunnel(socket) {
  return Object.getOwnPropertySymbols(socket).some(
    (symbol) => symbol.description === PROXY_TUNNEL && socket[symbol],
  );
}

/** Deno's client takes the request for one that it has sent again, and does so no more. */
function markResent(req) {
  req._retrying = true;
}

/** The request that holds the socket. */
function requestOf(socket) {
  return socket._httpMessage;
}

/** No request holds the socket any more. */
function releaseRequest(socket) {
  socket._httpMessage = null;
}

module.exports = {
  isSentToProxy,
  markIdentity,
  markResent,
  perRequestIdentity,
  releaseRequest,
  requestOf,
  waitsForTunnel,
};
