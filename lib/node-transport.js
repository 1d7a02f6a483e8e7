'use strict';

// Whether Node's connecting is still Node's own. Mocks (nock, msw) and tracers replace it, and must
// go on seeing every connection: sockets then come from Node's transport.

const dns = require('node:dns');
const net = require('node:net');

// A word of Node's own source of each function, in all of Node 20 to 26: by it a function that was
// replaced before this module was loaded is told from the original.
const ORIGINALS = [
  { owner: net.Socket.prototype, name: 'connect', word: 'normalizeArgs(' },
  { owner: net, name: 'connect', word: 'new Socket(options)' },
  { owner: net, name: 'createConnection', word: 'new Socket(options)' },
  { owner: dns, name: 'lookup', word: 'getaddrinfo(' },
];

for (const original of ORIGINALS) {
  const value = original.owner[original.name];
  original.value = isNodesOwn(value, original.word) ? value : null;
}

function isNodesOwn(value, word) {
  return typeof value === 'function' && Function.prototype.toString.call(value).includes(word);
}

function isReplaced() {
  for (const { owner, name, value } of ORIGINALS) {
    if (owner[name] !== value) return true;
  }
  return false;
}

// Node's connecting, or whatever stands in its place. Where net.connect() alone was replaced, it is
// the one to be called; Node's agents call net.createConnection().
function connectByNode(args) {
  const { value } = ORIGINALS.find(({ owner, name }) => owner === net && name === 'connect');
  return net.connect === value ? net.createConnection(...args) : net.connect(...args);
}

module.exports = { connectByNode, isReplaced };
