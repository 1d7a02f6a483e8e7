'use strict';

// When sockets come from Node's transport, whatever their options: where its connecting is not its
// own any more, as mocks (nock, msw) and tracers replace it and must go on seeing every connection;
// where its permission model may forbid the network; and where its trace events are wanted, which
// its own code alone can write.

const dns = require('node:dns');
const net = require('node:net');

const { isOurs } = require('./connection');
const { Cause } = require('./node-causes');
const { isNodesOwn } = require('./nodes-own');
const { mayConnect } = require('./permission');
const { isTraced } = require('./trace-events');

const CREATE_CONNECTION = {
  node: "debug('createConnection', normalized)",
  deno: '(`createConnection`,',
  bun: 'optionsTimeout = options.timeout',
};

// By a phrase of each one's own source (see ./nodes-own.js).
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
  {
    owner: dns,
    name: 'lookup',
    path: 'dns.lookup',
    phrases: {
      node: 'new GetAddrInfoReqWrap()',
      deno: '?onlookupall:onlookup',
      bun: 'translateLookupOptions(options)',
    },
  },
];

for (const original of ORIGINALS) {
  const value = original.owner[original.name];
  original.value = isNodesOwn(value, original.phrases) ? value : null;
}

const socketConnect = ORIGINALS[0];

// The cause, or null where the connection may be native. Asked at each connection.
function nodesCause() {
  for (const { owner, name, value } of ORIGINALS) {
    if (owner[name] !== value) return Cause.REPLACED;
  }
  if (!mayConnect()) return Cause.PERMISSION;
  return isTraced() ? Cause.TRACED : null;
}

// What is not Node's own now: { name, value } of each, for people.
function replacements() {
  return ORIGINALS.filter(({ owner, name, value }) => owner[name] !== value).map(
    ({ owner, name, path }) => ({ name: path, value: owner[name] }),
  );
}

// Whether connections are made by a mock now: it must not be passed by over one from before it
// came. Asked at each reuse, so of the one function alone that all connections go through.
function isConnectReplaced() {
  return net.Socket.prototype.connect !== socketConnect.value;
}

// Node's connecting, or whatever stands in its place. Where net.connect() alone was replaced, it is
// the one to be called; Node's agents call net.createConnection().
function connectByNode(args) {
  const { value } = ORIGINALS.find(({ owner, name }) => owner === net && name === 'connect');
  return net.connect === value ? net.createConnection(...args) : net.connect(...args);
}

// Whether what a connect has returned is none of ours. A mock's may be anything.
function isNodes(socket) {
  return !(isObject(socket) && isOurs(socket));
}

// Sockets of Node's tell by a property of their own whose they are, ours by their class.
function markNodes(socket) {
  if (isObject(socket) && !isOurs(socket)) {
    Reflect.defineProperty(socket, 'transport', { value: 'node', configurable: true });
  }
  return socket;
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

module.exports = { connectByNode, isConnectReplaced, isNodes, markNodes, nodesCause, replacements };
