'use strict';

// What a program does with the package: requests over HTTP and HTTPS, on one connection each.

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');

const REQUESTS = 20;

const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) =>
  fs.readFileSync(path.join(__dirname, name)),
);

async function exercise({ Agent, HttpsAgent }) {
  const report = {
    addons: Object.keys(require.cache).filter((file) => file.endsWith('.node')),
    http: await visit(http, http.createServer(echo), new Agent({ keepAlive: true })),
    https: await visit(
      https,
      https.createServer({ cert, key }, echo),
      new HttpsAgent({ keepAlive: true, ca }),
    ),
  };
  console.log(JSON.stringify(report));
}

function echo(request, response) {
  request.pipe(response);
}

async function visit(client, server, agent) {
  let connections = 0;
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  let answers = 0;
  let transport;
  for (let i = 0; i < REQUESTS; i++) {
    const body = `${i}`.repeat(1000);
    const options = { host: '127.0.0.1', port, agent, method: 'PUT' };
    const { socket, text } = await put(client, options, body);
    if (text === body) answers++;
    ({ transport } = socket);
  }
  agent.destroy();
  server.close();
  return client === https ? { answers, connections, transport } : { answers, connections };
}

async function put(client, options, body) {
  const request = client.request(options);
  request.end(body);
  const [response] = await once(request, 'response');
  const { socket } = response;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return { socket, text };
}

module.exports = { exercise };
