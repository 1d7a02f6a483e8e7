'use strict';

// Sends a scenario's request through http.request over connections that cost nothing, which answer
// what the server of the run has answered once.

const { once } = require('node:events');
const net = require('node:net');

const { FloorAgent } = require('./floor-agent');
const { connectAgent } = require('./http-request');

const HEAD_END = '\r\n\r\n';

// The bytes of the server's answer.
async function recordAnswer({ port, scenario }) {
  const { method, path } = scenario.request;
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive${HEAD_END}`,
  );
  let answer = Buffer.alloc(0);
  for await (const chunk of socket) {
    answer = Buffer.concat([answer, chunk]);
    const headEnd = answer.indexOf(HEAD_END);
    if (headEnd < 0) continue;
    // Leaving the loop destroys the socket.
    if (answer.length >= headEnd + HEAD_END.length + scenario.response.bytes) return answer;
  }
  throw new Error(`the server ended the connection after ${answer.length} bytes of its answer`);
}

function connectFloor(target) {
  let client;
  const connected = recordAnswer(target).then((answer) => {
    client = connectAgent(new FloorAgent(answer), target);
  });
  connected.catch(() => {}); // Told to each that sends.

  return {
    send: () => client?.send() ?? connected.then(() => client.send()),
    close: () => client?.close(),
  };
}

module.exports = { connectFloor };
