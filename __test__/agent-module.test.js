'use strict';

const assert = require('node:assert/strict');
const { differs } = require('./support/agent');

const ours = differs('the module is ours');

describe('the module', () => {
  ours('exports Agent, also as HttpAgent', () => {
    const oxagent = require('..');
    assert.equal(typeof oxagent.Agent, 'function');
    assert.equal(oxagent.HttpAgent, oxagent.Agent);
  });

  ours('imports by name', async () => {
    const { Agent, HttpAgent } = await import('../index.js');
    assert.equal(Agent, require('..').Agent);
    assert.equal(HttpAgent, Agent);
  });

  ours('imports as a default that is the module itself', async () => {
    const { default: oxagent } = await import('../index.js');
    assert.equal(oxagent, require('..'));
  });

  ours('answers to its own name', () => {
    assert.equal(require('oxagent'), require('..'));
  });
});
