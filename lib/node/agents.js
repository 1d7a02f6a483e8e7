'use strict';

// Node's own classes, whatever a program, or ../register/global-agents.js, puts in their place
// afterwards.

const http = require('node:http');
const https = require('node:https');

module.exports = { NodeHttpAgent: http.Agent, NodeHttpsAgent: https.Agent };
