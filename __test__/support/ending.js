'use strict';

// How a request to a faulty server ends, through Node's own agent and through the agent under test:
// both must show the same.

const assert = require('node:assert/strict');
const http = require('node:http');
const { watch } = require('../fixtures/tls-watch');
const { agentWith, get, tracked } = require('./agent');
const { pki } = require('./certificates');
const { getSecure, httpsAgentWith, nodeAgentWith } = require('./https-agent');
const { serveRaw } = require('./server');
const { assertIdle } = require('./tls-failure');
const { serveRawTls } = require('./tls-server');

/** What is the same for faults over TCP and over TLS. */
const SCHEMES = {
  http: {
    serve: serveRaw,
    get,
    agents: async (options) => [
      tracked(new http.Agent({ keepAlive: true, ...options })),
      agentWith({ keepAlive: true, ...options }),
    ],
  },
  https: {
    serve: (onSocket) => serveRawTls({}, onSocket),
    get: getSecure,
    agents: async (options) => {
      const all = { ca: (await pki()).root.pem, keepAlive: true, ...options };
      return [nodeAgentWith(all), httpsAgentWith(all)];
    },
  },
};

/**
 * What a program sees of a request, given when it and its socket have closed. The events of the
 * socket are left out, as is 'finish': whether they come before its failure is of no concern.
 */
async function ending(req) {
  const said = {};
  let body = '';
  const { events, over } = watch(req, (name, _req, argument) => {
    if (name === 'request error') said.error = plain(argument);
    if (name === 'response error') said.broken = plain(argument);
  });
  req.on('response', (res) => {
    said.res = res;
    res.setEncoding('latin1');
    res.on('data', (text) => {
      body += text;
    });
  });
  await over;
  const { statusCode, complete, aborted } = said.res ?? {};
  const heard = events.filter((name) => /^re/.test(name) && name !== 'request finish');
  return { heard, error: said.error, broken: said.broken, statusCode, complete, aborted, body };
}

function plain({ name, code, message }) {
  return { name, code, message };
}

/** The same for each path, a few at a time; by path. */
async function endings(scheme, agent, port, paths, options) {
  const seen = {};
  const rest = [...paths];
  const worker = async () => {
    while (rest.length > 0) {
      const path = rest.shift();
      seen[path] = await ending(scheme.get({ port, agent, path, ...options }));
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  return seen;
}

/**
 * The endings, which must be those of Node's agent, and after which nothing may be left. `told` is
 * what is compared of each.
 */
async function sameEndings(scheme, port, paths, { options, agent: agentOptions, told } = {}) {
  told ??= (all) => all;
  const [node, agent] = await scheme.agents(agentOptions);
  const both = [node, agent].map((agent) => endings(scheme, agent, port, paths, options));
  const [expected, seen] = await Promise.all(both);
  for (const path of paths) {
    assert.deepEqual(told(seen[path]), told(expected[path]), path);
  }
  assertIdle(agent);
  return paths.map((path) => seen[path]);
}

/** Of an answer that a reset has cut: before Node 24, Node takes some resets for an end. */
function toldOfReset({ error, broken, statusCode, complete, aborted, body }) {
  const code = complete ? undefined : (error ?? broken)?.code;
  return { code, statusCode, complete, aborted, body };
}

/** The same for one request. */
async function sameEnding(scheme, port, how) {
  const [seen] = await sameEndings(scheme, port, ['/'], how);
  return seen;
}

/** Calls `answer(socket, path)` for each request that a raw server's connection brings. */
function onRequests(answer) {
  return (socket) => {
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const [, path] = head.split(' ');
      head = '';
      answer(socket, path);
    });
  };
}

module.exports = { SCHEMES, ending, endings, onRequests, sameEnding, sameEndings, toldOfReset };
