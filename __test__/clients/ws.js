'use strict';

// How a program gives ws an agent: a message to a server that says it back.

const { once } = require('node:events');

module.exports = {
  load: () => require('ws'),

  async request({ WebSocket }, url, { agents }) {
    const agent = url.startsWith('https:') ? agents.https : agents.http;
    const socket = new WebSocket(url.replace('http', 'ws'), { agent });
    await once(socket, 'open');
    socket.send('1');
    const [body] = await once(socket, 'message');
    socket.close();
    await once(socket, 'close');
    return { status: 101, body };
  },

  // The socket is its own from the handshake on.
  keeps: 0,
};
