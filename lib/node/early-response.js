'use strict';

// A response that is complete before its request is. Node's client then takes its 'drain' listener
// off the socket: a program that waits for the request's 'drain' would wait in vain, and its
// connection with it. Over Node's sockets few meet that, as the kernel takes some megabytes at once.

// Node's listener, while the request still has something to write.
function drainListener(socket, req) {
  if (!req || req.finished) return null;
  return socket.listeners('drain').find(({ name }) => name === 'ondrain') ?? null;
}

// Goes on telling the request of 'drain' where the client has stopped to.
function keepDraining(socket, req, listener) {
  if (socket.destroyed || req.finished || socket._httpMessage !== req) return;
  if (socket.listeners('drain').includes(listener)) return;
  socket.on('drain', listener);
  req.once('close', () => socket.removeListener('drain', listener));
}

module.exports = { drainListener, keepDraining };
