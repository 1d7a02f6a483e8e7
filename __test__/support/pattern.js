'use strict';

// Bodies of which every byte says where it is: one that came from elsewhere does not fit.

const http = require('node:http');

/** The body of GET /<seed>/<size>. */
function pattern(seed, size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at++) bytes[at] = (seed * 31 + at * 7 + (at >> 8)) & 255;
  return bytes;
}

/** Answers with patterns: in pieces where the size is odd. /broken is no HTTP at all. */
function answerPattern(req, res) {
  if (req.url === '/broken') {
    req.socket.end('HTTP/1.1 200 OK\r\nno header\r\n\r\n');
    return;
  }
  const [seed, size] = req.url.slice(1).split('/').map(Number);
  const bytes = pattern(seed, size);
  if (size % 2 === 0) {
    res.end(bytes);
    return;
  }
  for (let at = 0; at < size; at += 10_000) res.write(bytes.subarray(at, at + 10_000));
  res.end();
}

const SWITCH = `HTTP/1.1 101 ${http.STATUS_CODES[101]}\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n`;

/** Hands a connection over, and sends a pattern for each byte that comes: its seed. */
function handOver(_req, socket) {
  socket.write(SWITCH);
  socket.on('data', (seeds) => {
    for (const seed of seeds) socket.write(pattern(seed, 3000));
  });
  socket.on('error', () => {});
}

module.exports = { answerPattern, handOver, pattern };
