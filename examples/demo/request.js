'use strict';

const http = require('node:http');
const https = require('node:https');

// Resolves, when the response has ended, with the socket that it came by.
function get({ secure = false, ...options }) {
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).get(options, (response) => {
      const { socket } = response;
      response.resume();
      response.on('end', () => resolve(socket));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

// What a request to one of the server's two ports needs.
function target({ port, securePort, ca }, secure) {
  const host = '127.0.0.1';
  return secure ? { secure, host, port: securePort, ca } : { host, port };
}

module.exports = { get, target };
