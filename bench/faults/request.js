'use strict';

const http = require('node:http');
const https = require('node:https');

const { SMALL_BYTES } = require('../servers/content');

// Far beyond what an answer takes on a busy machine. What takes longer hangs.
const PATIENCE_MS = 20_000;

/**
 * One request and its whole answer. Rejects with the error of either; with the code NO_ANSWER where
 * neither answer nor error has come in 20 s, and WRONG_ANSWER where it is not the one asked for.
 */
function send(agent, { secure, port }, { method = 'GET', headers, body } = {}) {
  return new Promise((resolve, reject) => {
    const { request: requestOf } = secure ? https : http;
    const options = { host: '127.0.0.1', port, path: '/small', method, headers, agent };
    const request = requestOf(options, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.on('end', () => {
        const right = response.statusCode === 200 && bytes === SMALL_BYTES;
        settle(right ? null : coded('WRONG_ANSWER'));
      });
      response.on('error', settle);
    });
    const timer = setTimeout(() => request.destroy(coded('NO_ANSWER')), PATIENCE_MS);
    const settle = (error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    request.on('error', settle);
    request.end(body);
  });
}

function coded(code) {
  return Object.assign(new Error(code), { code });
}

module.exports = { send };
