'use strict';

// Sends a scenario's request through undici's own API, Pool#request: what a program would use that
// gives up http.request for speed.

const { Pool } = require('undici');

const { bodyStream, checkResponse } = require('./exchange');

function connectPool({ port, at, scenario, ca, insecure }) {
  const { method, path, bodyBytes } = scenario.request;
  const settings = {
    connections: at,
    // 0: each request has a connection of its own.
    pipelining: scenario.fresh ? 0 : 1,
    // Its own default drops a connection that has been idle for 4 s.
    keepAliveTimeout: 60_000,
  };
  if (scenario.secure) {
    const trust = insecure ? { rejectUnauthorized: false } : { ca };
    settings.connect = { ...trust, servername: 'localhost' };
  }
  if (scenario.secure && scenario.fresh) settings.connect.maxCachedSessions = 0;
  const pool = new Pool(`${scenario.secure ? 'https' : 'http'}://127.0.0.1:${port}`, settings);
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

  async function read(otherPath) {
    const { body } = await pool.request({ method: 'GET', path: otherPath });
    return { text: await body.text() };
  }

  return { send, read, close: () => pool.destroy() };
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
