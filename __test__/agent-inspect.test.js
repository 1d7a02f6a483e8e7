'use strict';

// What util.inspect() shows of an agent in use: what it shows of Node's.

const assert = require('node:assert/strict');
const http = require('node:http');
const https = require('node:https');
const { inspect } = require('node:util');
const { agentWith, answer, dispose, get, tracked } = require('./support/agent');
const { getSecure, httpsAgentWith } = require('./support/https-agent');
const { closeServers, serve } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const SCHEMES = {
  http: [serve, get, agentWith, http.Agent],
  https: [serveTls, getSecure, httpsAgentWith, https.Agent],
};

// Node 20 has neither, and shows what oxagent adds to the options.
const ADDED = ['agentKeepAliveTimeoutBuffer', 'options'];

function shown(agent) {
  for (const key of ADDED) delete agent[key];
  return inspect(agent, { depth: 1 }).replace(/\[Function[^\]]*\]/g, '[Function]');
}

describe('an inspected agent', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const [scheme, [open, ask, ownWith, NodeAgent]] of Object.entries(SCHEMES)) {
    it(`looks as Node's does (${scheme})`, async () => {
      const site = await open();
      const options = { keepAlive: true, maxSockets: 2, rejectUnauthorized: false };
      const agents = [ownWith(options), tracked(new NodeAgent(options))];
      for (const agent of agents) await answer(ask({ port: site.port, agent }));
      // Each has its own sessions.
      for (const { _sessionCache } of agents)
        if (_sessionCache) Object.assign(_sessionCache, { map: {}, list: [] });
      const [own, nodes] = agents.map(shown);
      assert.equal(own, nodes);
      assert.match(own, /freeSockets: [^,]*'127\.0\.0\.1:\d+:.*: \[Array\]/);
    });

    it(`that is reached from itself is shown once (${scheme})`, () => {
      const agent = ownWith();
      agent.itself = { agent };
      assert.match(inspect(agent, { depth: Infinity }), /itself: { agent: \[Circular \*1\] }/);
    });

    it(`shows the properties of a program (${scheme})`, () => {
      const agent = ownWith({ maxSockets: 2 });
      agent.label = 'first';
      assert.match(inspect(agent), /maxSockets: 2,.*label: 'first'/s);
      agent.label = 'second';
      agent.maxSockets = 3;
      assert.match(inspect(agent), /maxSockets: 3,.*label: 'second'/s);
      delete agent.label;
      assert.doesNotMatch(inspect(agent), /label/);
    });
  }
});
