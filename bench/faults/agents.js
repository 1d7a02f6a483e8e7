'use strict';

// Who is measured: oxagent, and Node's own agent beside it.

const http = require('node:http');
const https = require('node:https');

const { version } = require('../../package.json');

const CLIENTS = ['oxagent', 'node'];

// oxagent is loaded where it is measured alone: it must not weigh on the others.
const CLASSES = {
  oxagent() {
    const { Agent, HttpsAgent } = require('../..');
    return { plain: Agent, secure: HttpsAgent };
  },
  node: () => ({ plain: http.Agent, secure: https.Agent }),
};

function agentOf(client, { secure, ca }, options) {
  const { [secure ? 'secure' : 'plain']: Class } = CLASSES[client]();
  return new Class({ keepAlive: true, ...(secure && { ca, servername: 'localhost' }), ...options });
}

function titleOf(client, secure) {
  if (client === 'oxagent') return `oxagent ${version}`;
  if (client !== 'node') return client;
  const name = secure === undefined ? 'Node' : `${secure ? 'https' : 'http'}.Agent`;
  return `${name} ${process.versions.node}`;
}

module.exports = { CLIENTS, agentOf, titleOf };
