'use strict';

// An origin for the eyes of people. Its name, getName(), may hold a key and a passphrase.

const { isIPv6 } = require('node:net');

// `localhost:80`, `[::1]:80`, or the path of a Unix socket.
function originText({ host, port, socketPath }) {
  if (socketPath) return String(socketPath);
  return `${isIPv6(host) ? `[${host}]` : (host ?? 'localhost')}:${port}`;
}

module.exports = { originText };
