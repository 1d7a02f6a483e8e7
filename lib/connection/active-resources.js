'use strict';

// process.getActiveResourcesInfo() and process._getActiveHandles() list the handles of libuv that
// keep the process alive, for people who look for what does (wtfnode, test runners). Sockets of
// ours have none: they are added, under the names that Node's have.

const process = require('node:process');

const { receivers } = require('../bridge/events');
const { isOurs, kPlan } = require('./connection');
const { attemptOf, kHasRef } = require('./scope');

// What Node says of the requests that a connection is made by.
const REQUESTS = {
  GETADDRINFOREQWRAP: 'GetAddrInfoReqWrap',
  TCPCONNECTWRAP: 'ConnectWrap',
  PIPECONNECTWRAP: 'ConnectWrap',
};

function activeSockets() {
  return receivers().filter((receiver) => isOurs(receiver) && receiver[kHasRef]());
}

function infoOf(socket) {
  const handle = socket[kPlan].request.path ? 'PipeWrap' : 'TCPSocketWrap';
  const request = REQUESTS[attemptOf(socket)];
  return request ? [request, handle] : [handle];
}

// `more` gives what is added to the list that Node's own function returns.
function addTo(name, more) {
  const original = process[name];
  if (typeof original !== 'function') return;
  const value = {
    [name](...args) {
      return [...Reflect.apply(original, this, args), ...more()];
    },
  }[name];
  Reflect.defineProperty(process, name, {
    ...Object.getOwnPropertyDescriptor(process, name),
    value,
  });
}

addTo('getActiveResourcesInfo', () => activeSockets().flatMap(infoOf));
addTo('_getActiveHandles', activeSockets);
