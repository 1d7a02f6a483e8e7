'use strict';

// Stands between a client and a TLS server and sees their bytes as TLS records, so that a test
// can change, add or drop one of them, or cut the connection at a place of its choice.

const net = require('node:net');
const { serveRaw } = require('./server');

const HEADER = 5;

/** One connection: both of its ends, and what a script may do with them. */
class Link {
  constructor(client, server) {
    this.client = client;
    this.server = server;
  }

  /** The client sees the end of the stream after what it has been sent. */
  end() {
    this.client.end();
    this.server.destroy();
  }

  /** The client sees a reset. */
  reset() {
    this.client.resetAndDestroy();
    this.server.destroy();
  }
}

/**
 * A server in front of `port`. `script.fromServer(record, link)` and `script.fromClient(...)`
 * are given each record, with `number` (counted from 0 for each direction) and `type`, and answer
 * with the bytes to pass on, or with null for none; without an answer the record passes as it is.
 * `site.script` may be changed at any time. The client's connection stays open, whatever the
 * server does, until `script.serverEnded(link)` or something else ends it.
 */
async function between(port, script = {}) {
  const site = await serveRaw((client) => {
    const server = net.connect(port, '127.0.0.1');
    // A record that has been passed on is in its reader's kernel.
    for (const socket of [client, server]) socket.setNoDelay();
    const link = new Link(client, server);
    site.links.push(link);
    server.on('error', () => {});
    client.on('close', () => server.destroy());
    client.on('end', () => server.end());
    server.on('close', () => site.script.serverEnded?.(link));
    relay(client, server, (record) => site.script.fromClient?.(record, link));
    relay(server, client, (record) => site.script.fromServer?.(record, link));
  });
  site.script = script;
  site.links = [];
  return site;
}

function relay(source, target, change) {
  let held = Buffer.alloc(0);
  let number = 0;
  source.on('data', (chunk) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= HEADER && held.length >= HEADER + held.readUInt16BE(3)) {
      const bytes = held.subarray(0, HEADER + held.readUInt16BE(3));
      held = held.subarray(bytes.length);
      const changed = change({ number: number++, type: bytes[0], bytes });
      const passed = changed === undefined ? bytes : changed;
      if (passed !== null && target.writable) target.write(passed);
    }
  });
}

/** The record with one bit of its last byte changed: of its authentication tag, if it has one. */
function flipped({ bytes }) {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] ^= 1;
  return copy;
}

/** An alert as a server sends it before any encryption. */
function alert(description, level = 2) {
  return Buffer.from([0x15, 3, 3, 0, 2, level, description]);
}

/** A server that waits for the first bytes of a client and answers with these. */
function serveBytes(answer) {
  return serveRaw((socket) => {
    socket.once('data', () => {
      socket.resume();
      answer(socket);
    });
  });
}

module.exports = { alert, between, flipped, serveBytes };
