'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const NATIVE = path.join(__dirname, '..', 'native');

describe('the addon', () => {
  it('has no panics to be set off: those are for `npm run test:panic` alone', () => {
    const addons = fs.readdirSync(NATIVE).filter((name) => name.endsWith('.node'));
    assert.ok(addons.length > 0);
    for (const name of addons) {
      assert.ok(!fs.readFileSync(path.join(NATIVE, name)).includes('armPanic'), name);
    }
  });
});
