'use strict';

// Sends a scenario's request through http.request with the agent given: the way in which oxagent,
// Node's agent and agentkeepalive are used.

const http = require('node:http');

const { bodyStream, checkResponse } = require('./exchange');

function connectAgent(agent, { port, scenario }) {
  const { method, path, bodyBytes } = scenario.request;
  const options = { host: '127.0.0.1', port, method, path, agent };
  if (bodyBytes !== undefined) options.headers = { 'Content-Length': bodyBytes };

  function send() {
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
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

  return { send, close: async () => agent.destroy() };
}

module.exports = { connectAgent };
