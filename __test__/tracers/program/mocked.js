'use strict';

// The one program that every mock is tried with, before it comes, while it is there, and after it
// has gone. Prints, as JSON, what became of each request.
//
// environment: TOOL, see ../mock.js; AGENT, see ./classes.js; SITES, JSON of { mocked, passed }

const dns = require('node:dns');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const mock = require('../mock');
const { classesOf } = require('./classes');

const modules = { dns, http, https, net, tls };

function ask({ site, agent, path, body }) {
  const { request } = site.secure ? https : http;
  const { port, ca } = site;
  const options = { host: 'localhost', port, ca, path, agent };
  if (body) Object.assign(options, { method: 'POST', headers: { 'Content-Type': 'text/plain' } });
  return new Promise((resolve) => {
    const req = request(options);
    const told = {};
    // Not every mock tells of 'close'. A connection is handed back within the turn.
    const done = () => {
      told.socket = req.socket instanceof net.Socket;
      setImmediate(resolve, told);
    };
    req.on('error', ({ code }) => {
      told.error = code ?? 'an error';
      done();
    });
    req.on('response', (res) => {
      told.status = res.statusCode;
      told.by = res.headers['x-by'];
      told.body = '';
      res.setEncoding('utf8');
      res.on('data', (text) => {
        told.body += text;
      });
      res.on('error', ({ code }) => {
        told.broken = code;
        done();
      });
      res.on('end', done);
    });
    req.end(body);
  });
}

async function main() {
  const sites = JSON.parse(process.env.SITES);
  const { Agent, HttpsAgent } = classesOf(modules);
  const outcomes = {};

  // Over connections that are kept all the while, and over one each.
  for (const keepAlive of [true, false]) {
    const agents = [new Agent({ keepAlive }), new HttpsAgent({ keepAlive })];
    const exchange = async (when, { mocked, passed }) => {
      for (const [at, agent] of agents.entries()) {
        for (const [site, path, body] of [
          [mocked[at], '/'],
          [mocked[at], '/'],
          [mocked[at], '/', 'a body'],
          [mocked[at], '/late'],
          [mocked[at], '/error'],
          [passed[at], '/passed'],
          [passed[at], '/passed'],
          [mocked[at], '/'],
        ]) {
          const what = `${site.secure ? 'https' : 'http'} ${body ? 'POST' : 'GET'} ${path}`;
          outcomes[`${when}, keepAlive ${keepAlive}`] ??= [];
          const told = await ask({ site, agent, path, body });
          outcomes[`${when}, keepAlive ${keepAlive}`].push({ what, ...told });
        }
      }
    };
    await exchange('before', sites);
    const begun = await mock.begin({ sites, modules, agents });
    await exchange('during', begun?.sites ?? sites);
    outcomes[`report, keepAlive ${keepAlive}`] = begun?.report?.();
    await mock.end();
    await exchange('after', sites);
    for (const agent of agents) agent.destroy();
  }
  process.send({ outcomes }, () => process.exit());
}

main();
