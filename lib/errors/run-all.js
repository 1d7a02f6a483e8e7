'use strict';

// What a listener throws is the program's to catch, and stops no other step: a request that waits
// for its connection would wait for ever.

const { nextTick } = require('../node/originals');

function runAll(steps) {
  const thrown = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length === 0) return;
  for (const error of thrown.slice(1)) throwLater(error);
  throw thrown[0];
}

// Where nobody who calls has anything to do with it.
function throwLater(error) {
  nextTick(() => {
    throw error;
  });
}

module.exports = { runAll, throwLater };
