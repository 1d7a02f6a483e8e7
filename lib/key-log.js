'use strict';

// The agent's 'keylog' event: a line of any of its sockets, and the socket. As in Node, sockets are
// listened to as soon as somebody listens to the agent.

const kOnKeyLog = Symbol('onKeyLog');

function initKeyLog(agent, sockets) {
  // Node's own listener looks for sockets where Node's agent has them.
  agent.removeAllListeners('newListener');
  agent.on('newListener', function onNewListener(event) {
    if (event !== 'keylog') return;
    agent.removeListener('newListener', onNewListener);
    agent[kOnKeyLog] = function onKeyLog(line) {
      agent.emit('keylog', line, this);
    };
    for (const socket of sockets()) hearKeyLog(agent, socket);
  });
}

function hearKeyLog(agent, socket) {
  if (agent[kOnKeyLog]) socket.on('keylog', agent[kOnKeyLog]);
}

module.exports = { hearKeyLog, initKeyLog };
