'use strict';

// A server that plays HTTP by hand, over TCP or TLS, and may let a connection die at any request.

const { later, rawServer } = require('./peer');
const { serveRawTls } = require('./tls-server');

/**
 * `play({ connection, request, socket, text, answer })` is called for each whole request: the
 * number of the connection and of the request on it, from 1. What was seen is in `seen`, one text a
 * request.
 */
async function dyingServer(play, tls = null, where = undefined) {
  const seen = [];
  let connections = 0;
  const serve = (socket) => {
    const connection = ++connections;
    let request = 0;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let length = wholeLength(text); length > 0; length = wholeLength(text)) {
        const own = text.slice(0, length);
        text = text.slice(length);
        seen.push(own);
        const answer = (content = `${connection}`) =>
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`);
        play({ connection, request: ++request, socket, text: own, answer });
      }
    });
  };
  const site = tls ? await serveRawTls(tls, serve) : await rawServer(serve, where);
  if (tls) later(() => site.close());
  return Object.assign(site, { seen, opened: () => connections });
}

// Of the first request of a text, 0 where it is not whole.
function wholeLength(text) {
  const head = text.indexOf('\r\n\r\n') + 4;
  if (head < 4) return 0;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + length ? head + length : 0;
}

// Ways for a connection to die.
const WAYS = {
  FIN: (socket) => socket.end(),
  RST: (socket) => (socket.encrypted ? socket.destroy() : socket.resetAndDestroy()),
};

module.exports = { WAYS, dyingServer };
