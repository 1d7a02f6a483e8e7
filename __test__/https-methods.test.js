'use strict';

// An HttpsAgent's methods that are Agent's: what a program does to those it does to these.

const assert = require('node:assert/strict');
const { pki } = require('./support/certificates');
const support = require('./support/https-agent');
const { closeServers } = require('./support/server');
const { serveTls } = require('./support/tls-server');

const { Agent, HttpsAgent, answer, dispose, getSecure, httpsAgentWith } = support;

describe("HttpsAgent's inherited methods", () => {
  afterEach(dispose);
  afterEach(closeServers);

  it("are seen when they are replaced on Agent's prototype, as tracers do it", async () => {
    const site = await serveTls();
    const { root } = await pki();
    const agent = httpsAgentWith({ ca: root.pem });
    const original = Agent.prototype.addRequest;
    let seen = 0;
    Agent.prototype.addRequest = function addRequest(...args) {
      seen++;
      return original.apply(this, args);
    };
    try {
      await answer(getSecure({ port: site.port, agent }));
    } finally {
      Agent.prototype.addRequest = original;
    }
    assert.equal(seen, 1);
    await answer(getSecure({ port: site.port, agent }));
    assert.equal(seen, 1);
  });

  for (const [where, targetOf] of [
    ['on the agent', (agent) => agent],
    ['on the prototype', () => HttpsAgent.prototype],
  ]) {
    it(`may be replaced ${where}, and only there`, async () => {
      const site = await serveTls();
      const { root } = await pki();
      const agent = httpsAgentWith({ ca: root.pem });
      const target = targetOf(agent);
      const before = Object.getOwnPropertyDescriptor(target, 'addRequest');
      const original = Agent.prototype.addRequest;
      let seen = 0;
      target.addRequest = function addRequest(...args) {
        seen++;
        return original.apply(this, args);
      };
      try {
        assert.ok(Object.hasOwn(target, 'addRequest'));
        assert.equal(Agent.prototype.addRequest, original);
        await answer(getSecure({ port: site.port, agent }));
        assert.equal(seen, 1);
      } finally {
        if (before) Object.defineProperty(target, 'addRequest', before);
        else delete target.addRequest;
      }
      await answer(getSecure({ port: site.port, agent }));
      assert.equal(seen, 1);
    });
  }

  it('may be replaced by a subclass', async () => {
    const site = await serveTls();
    const { root } = await pki();
    let seen = 0;
    class Mine extends HttpsAgent {
      addRequest(...args) {
        seen++;
        return super.addRequest(...args);
      }
    }
    const agent = support.tracked(new Mine({ ca: root.pem }));
    await answer(getSecure({ port: site.port, agent }));
    assert.equal(seen, 1);
  });
});
