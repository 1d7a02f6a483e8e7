'use strict';

// Servers that are remembered for the other transport: by where they are and what they are called.

const assert = require('node:assert/strict');
const { isRemembered, remember } = require('../lib/tls/node-origins');

describe('a server that is remembered', () => {
  const context = {};
  const known = {
    plan: { context, identity: 'a.example', serverName: 'a.example' },
    options: { host: '127.0.0.1', port: 443 },
  };

  before(() => remember(known.plan, known.options));

  const isKnown = ({ plan, options }) =>
    isRemembered({ ...known.plan, ...plan }, { ...known.options, ...options });

  it('is known again', () => assert.ok(isKnown({})));

  for (const [what, change] of [
    ['host', { options: { host: '127.0.0.2' } }],
    ['port', { options: { port: 444 } }],
    ['path', { options: { path: '/run/a' } }],
    ['name', { plan: { identity: 'b.example' } }],
    ['servername', { plan: { serverName: null } }],
    ['context', { plan: { context: {} } }],
  ]) {
    it(`is another one with another ${what}`, () => assert.ok(!isKnown(change)));
  }

  it('is not taken for one whose parts look alike when put together', () => {
    const plan = { context, identity: 'a\nb', serverName: '' };
    remember(plan, { host: 'c', port: 1 });
    assert.ok(!isRemembered({ ...plan, identity: 'a', serverName: 'b\n' }, { host: 'c', port: 1 }));
  });
});
