'use strict';

// Bodies that are compared by their digest.

const { createHash } = require('node:crypto');

/** Bytes that show when any of them is lost, doubled or moved. */
function pattern(length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0, seed = 1; i < length; i++) {
    seed = (seed * 48271) % 2147483647;
    bytes[i] = seed;
  }
  return bytes;
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

module.exports = { digest, pattern };
