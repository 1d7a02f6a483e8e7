'use strict';

// Noise in the memory that both sides of the crossing read: commands of random words and lengths,
// events of random words. It may end in errors, but the process lives, and so does what is new.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');

const ROUNDS = 4000;

// An assertion of ours, and what JavaScript says of nonsense by itself.
const ERRORS = ['ERR_INTERNAL_ASSERTION', 'ERR_OUT_OF_RANGE', 'TypeError'];

describe('noise in the crossing', function () {
  this.timeout(120_000);

  for (const what of ['commands', 'records']) {
    for (const seed of [1, 2, 3]) {
      it(`of ${what} is survived, seed ${seed}`, async () => {
        const ended = await run('command-noise.js', [what, seed, ROUNDS], { limit: 100_000 });
        const { errors, heard, answered } = result(ended);
        assert.equal(answered, 20);
        assert.ok(heard, 'the noise was heard');
        for (const name of Object.keys(errors)) assert.ok(ERRORS.includes(name), name);
      });
    }
  }
});
