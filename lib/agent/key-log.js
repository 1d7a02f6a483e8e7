'use strict';

// The agent's 'keylog' event: a line of any of its sockets, and the socket. As in Node, sockets are
// listened to as soon as somebody listens to the agent.

const { kPool } = require('../pool/pool');

const kOnKeyLog = Symbol('onKeyLog');

function initKeyLog(agent) {
  // Node's own listener looks for sockets where Node's agent has them.
  agent.removeAllListeners('newListener');
  agent.on('newListener', onNewListener);
}

function onNewListener(event) {
  if (event !== 'keylog') return;
  this.removeListener('newListener', onNewListener);
  const agent = this;
  this[kOnKeyLog] = function onKeyLog(line) {
    agent.emit('keylog', line, this);
  };
  // A copy of an agent gets its pool when it is used.
  for (const socket of this[kPool]?.sockets() ?? []) hearKeyLog(this, socket);
}

function hearKeyLog(agent, socket) {
  if (agent[kOnKeyLog]) socket.on('keylog', agent[kOnKeyLog]);
}

module.exports = { hearKeyLog, initKeyLog };
