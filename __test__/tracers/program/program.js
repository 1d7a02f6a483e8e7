'use strict';

// A program of CommonJS; see steps.js.

const dns = require('node:dns');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { main } = require('./steps');

main({ dns, http, https, net });
