'use strict';

// Listeners that throw, round after round, in a process that catches it.

const assert = require('node:assert/strict');
const { result, run } = require('./support/child');
const { cleanUp, httpServer } = require('./support/peer');

const ROUNDS = 20;
const WIDTH = 10;

// Answers a round in one go, as soon as all of it is there.
function roundServer() {
  let waiting = [];
  return httpServer((req, res) => {
    if (req.url === '/last') {
      res.end();
      return;
    }
    waiting.push(() => res.end(`answer to ${req.url}`));
    if (waiting.length < WIDTH) return;
    const all = waiting;
    waiting = [];
    for (const answer of all) answer();
  });
}

describe('a process that catches what its listeners throw', () => {
  afterEach(cleanUp);

  it(`has every other request answered, ${ROUNDS} times over`, async () => {
    const server = await roundServer();
    const seen = result(await run('rounds.js', [server.port, ROUNDS, WIDTH]));
    assert.deepEqual(seen, { caught: ROUNDS, answered: ROUNDS * (WIDTH - 1), last: 200 });
  });
});
