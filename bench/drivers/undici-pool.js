'use strict';

// Sends a scenario's request through undici's own API, Pool#request: what a program would use that
// gives up http.request for speed.

const { Pool } = require('undici');

const { bodyStream, checkResponse } = require('./exchange');

function connectPool({ port, at, scenario }) {
  const { method, path, bodyBytes } = scenario.request;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: at, pipelining: 1 });
  const options = { method, path };
  const headers = { 'Content-Length': String(bodyBytes) };

  async function send() {
    const { statusCode, body } = await pool.request(
      bodyBytes === undefined ? options : { method, path, headers, body: bodyStream(bodyBytes) },
    );
    const bytes = await countBytes(body);
    const wrong = checkResponse(scenario, statusCode, bytes);
    if (wrong) throw wrong;
  }

  return { send, close: () => pool.destroy() };
}

function countBytes(body) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    body.on('data', (chunk) => {
      bytes += chunk.length;
    });
    body.on('end', () => resolve(bytes));
    body.on('error', reject);
  });
}

module.exports = { connectPool };
