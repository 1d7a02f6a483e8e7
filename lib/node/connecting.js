'use strict';

// What connections of Node's go through, and whether it is still Node's own: mocks and tracers
// replace it.

const dns = require('node:dns');
const net = require('node:net');
const tls = require('node:tls');

const { NodeHttpAgent, NodeHttpsAgent } = require('./agents');
const { isNodesOwn } = require('./source-phrase');
const nodeTls = require('./tls');

const CREATE_CONNECTION = {
  node: "debug('createConnection', normalized)",
  deno: '(`createConnection`,',
  bun: 'optionsTimeout = options.timeout',
};

// By a phrase of each one's own source (see ./source-phrase.js).
const ORIGINALS = [
  {
    owner: net.Socket.prototype,
    name: 'connect',
    path: 'net.Socket.prototype.connect',
    phrases: {
      node: "// If passed an array, it's treated as an array of arguments that have",
      deno: '_initSocketHandle(this)',
      bun: 'this[kupgraded]',
    },
  },
  { owner: net, name: 'connect', path: 'net.connect', phrases: CREATE_CONNECTION },
  {
    owner: net,
    name: 'createConnection',
    path: 'net.createConnection',
    phrases: CREATE_CONNECTION,
  },
];

for (const original of ORIGINALS) {
  const value = original.owner[original.name];
  original.value = isNodesOwn(value, original.phrases) ? value : null;
}

const [socketConnect, netConnect, createConnection] = ORIGINALS;

// What TLS connections of Node's go through.
const SECURE_ORIGINALS = [
  socketConnect,
  { owner: tls, name: 'connect', path: 'tls.connect', value: nodeTls.connect },
];

// Programs replace the method of Node's agents too. Ours have one of their own.
for (const [originals, { prototype }, scheme, isOwn] of [
  [ORIGINALS, NodeHttpAgent, 'http', isAgentsOwn],
  [SECURE_ORIGINALS, NodeHttpsAgent, 'https', isSecureAgentsOwn],
]) {
  const name = 'createConnection';
  const method = prototype[name];
  // Node 20 takes that of `net` when http is loaded, be it a replacement.
  const value = isOwn(method) || method === net.createConnection ? method : null;
  originals.push({ owner: prototype, name, path: `${scheme}.Agent.prototype.${name}`, value });
}

function isAgentsOwn(value) {
  const phrases = {
    node: 'checkShouldUseProxy(this[kProxyConfig], options)',
    deno: '._proxyTargetHost',
    bun: 'checkShouldUseProxy(this[kProxyConfig], options)',
  };
  // That of Node 20 is net.createConnection() from before it was replaced.
  return isNodesOwn(value, phrases) || isNodesOwn(value, CREATE_CONNECTION);
}

function isSecureAgentsOwn(value) {
  return isNodesOwn(value, {
    node: "debug('reuse session for %j'",
    deno: 'openCONNECTTunnel(this',
    bun: 'getTunnelConfigForProxiedHttps(this',
  });
}

const lookup = isNodesOwn(dns.lookup, {
  node: 'new GetAddrInfoReqWrap()',
  deno: '?onlookupall:onlookup',
  bun: 'translateLookupOptions(options)',
})
  ? dns.lookup
  : null;

// net.Socket.prototype.connect() is what all connections go through.
function isConnectNodes(connect) {
  return connect === socketConnect.value;
}

// What is not Node's own of what connections go through: { name, value } of each, for people.
function replacements(secure) {
  return (secure ? SECURE_ORIGINALS : ORIGINALS)
    .filter(({ owner, name, value }) => owner[name] !== value)
    .map(({ owner, name, path }) => ({ name: path, value: owner[name] }));
}

function isReplaced(secure) {
  for (const { owner, name, value } of secure ? SECURE_ORIGINALS : ORIGINALS) {
    if (owner[name] !== value) return true;
  }
  return false;
}

// Whoever has replaced dns.lookup() is to be asked for the names.
function isLookupReplaced() {
  return dns.lookup !== lookup;
}

/** What net.connect() takes as [options, callback], however it is given. */
function connectArguments(args) {
  return net._normalizeArgs(args);
}

// Node's connecting, or whatever stands in its place. Node's agents call net.createConnection();
// where net.connect() alone was replaced, it is the one to be called.
function connectByNode(agent, args) {
  const replacement = replacedMethod(NodeHttpAgent);
  if (replacement) return replacement.apply(agent, args);
  if (net.createConnection !== createConnection.value || net.connect === netConnect.value) {
    return net.createConnection(...args);
  }
  return net.connect(...args);
}

// What stands in the place of createConnection() of Node's agents, if anything.
function replacedMethod({ prototype }) {
  const { createConnection: method } = prototype;
  const isOwn = prototype === NodeHttpAgent.prototype ? isAgentsOwn : isSecureAgentsOwn;
  return isOwn(method) ? null : method;
}

module.exports = {
  connectArguments,
  connectByNode,
  isConnectNodes,
  isLookupReplaced,
  isReplaced,
  replacedMethod,
  replacements,
};
