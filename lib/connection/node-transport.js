'use strict';

// When sockets come from Node's transport, whatever their options: where its connecting is not its
// own any more, as mocks (nock, msw) and tracers replace it and must go on seeing every connection;
// where its permission model may forbid the network; and where its trace events are wanted, which
// its own code alone can write.

const net = require('node:net');

const { Cause } = require('../errors/node-causes');
const { isConnectNodes, isReplaced } = require('../node/connecting');
const { mayConnect } = require('../node/permission');
const { isTraced } = require('../node/trace-events');
const { isOurs } = require('./connection');

// The replacement through which a connection was made.
const kMaker = Symbol('maker');

// The cause, or null where the connection may be native. Asked at each connection.
function nodesCause(secure = false) {
  if (!mayConnect()) return Cause.PERMISSION;
  if (isTraced()) return Cause.TRACED;
  return isReplaced(secure) ? Cause.REPLACED : null;
}

// Whether a replacement has come since the connection was made: if it is a mock, it must not be
// passed by. Asked at each reuse, so of the one function alone that all connections go through.
function isOvertaken(socket) {
  const { connect } = net.Socket.prototype;
  return !isConnectNodes(connect) && connect !== socket[kMaker];
}

// Whether what a connect has returned is none of ours. A mock's may be anything.
function isNodes(socket) {
  return !(isObject(socket) && isOurs(socket));
}

// A socket of Node's has its own property that tells its transport; our sockets have it from their
// class. One that becomes ours keeps the property: changing it would make all its properties slow.
const TRANSPORT = {
  get() {
    return isOurs(this) ? Reflect.get(Object.getPrototypeOf(this), 'transport', this) : 'node';
  },
  configurable: true,
};

function markNodes(socket) {
  if (isObject(socket) && !isOurs(socket)) {
    Reflect.defineProperty(socket, 'transport', TRANSPORT);
  }
  return socket;
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

module.exports = { isNodes, isOvertaken, kMaker, markNodes, nodesCause };
