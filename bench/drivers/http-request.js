'use strict';

// Sends a scenario's request through http.request or https.request with the agent given: the way in
// which oxagent, Node's agents and agentkeepalive are used.

const http = require('node:http');
const https = require('node:https');

const { bodyStream, checkResponse } = require('./exchange');

function connectAgent(agent, { port, scenario }) {
  const { request: requestOf } = scenario.secure ? https : http;
  const { method, path, bodyBytes } = scenario.request;
  const options = { host: '127.0.0.1', port, method, path, agent };
  if (bodyBytes !== undefined) options.headers = { 'Content-Length': bodyBytes };

  function send() {
    return new Promise((resolve, reject) => {
      const request = requestOf(options, (response) => {
        let bytes = 0;
        response.on('data', (chunk) => {
          bytes += chunk.length;
        });
        response.on('end', () => {
          const wrong = checkResponse(scenario, response.statusCode, bytes);
          if (wrong) reject(wrong);
          else resolve();
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      if (bodyBytes === undefined) request.end();
      else bodyStream(bodyBytes).pipe(request);
    });
  }

  function read(otherPath) {
    return new Promise((resolve, reject) => {
      const other = { host: '127.0.0.1', port, path: otherPath, agent };
      const request = requestOf(other, (response) => {
        const { transport } = response.socket;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ text, transport }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end();
    });
  }

  // A body that is not kept. Resolves at its end.
  function download(otherPath, onChunk) {
    return new Promise((resolve, reject) => {
      const other = { host: '127.0.0.1', port, path: otherPath, agent };
      const request = requestOf(other, (response) => {
        response.on('data', onChunk);
        response.on('end', resolve);
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end();
    });
  }

  return { send, read, download, close: async () => agent.destroy() };
}

module.exports = { connectAgent };
