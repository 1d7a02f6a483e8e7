'use strict';

// What every driver does alike with a request's body and with the response.

const { Readable } = require('node:stream');

const CHUNK = Buffer.alloc(64 * 1024, 'x');

// The same memory again and again: making the bytes is not what is measured.
function bodyStream(bytes) {
  let left = bytes;
  return new Readable({
    highWaterMark: CHUNK.length,
    read() {
      if (left === 0) {
        this.push(null);
        return;
      }
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      this.push(chunk);
    },
  });
}

function checkResponse({ response }, status, bytes) {
  if (status === response.status && bytes === response.bytes) return null;
  const expected = `${response.status} with ${response.bytes} bytes`;
  return new Error(`answered ${status} with ${bytes} bytes instead of ${expected}`);
}

module.exports = { bodyStream, checkResponse };
