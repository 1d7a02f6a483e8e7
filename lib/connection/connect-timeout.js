'use strict';

// The time that a connection may take until its request can be sent: name lookup, TCP and TLS
// together, or whatever a program's createConnection() does in their place.

const net = require('node:net');

const { coded } = require('../errors/node-errors');
const { originText } = require('../errors/origin-text');
const { clearTimeout, setImmediate, setTimeout } = require('../node/originals');
const { kOwn } = require('./lookup');

const PHASES = {
  lookup: 'the name lookup',
  connect: 'the connect',
  secureConnect: 'the TLS handshake',
};

class ConnectTimeout {
  #ms;
  #options;
  #giveUp;
  #timer = null;
  #socket = null;
  #looksUp = false;
  #readyEvent = null;
  #expired = false;
  #stopped = false;

  // `giveUp(error)` is called at the end of the time, where the connection that is being made was
  // not given to `watch` yet; later its socket gets the error.
  constructor(ms, options, giveUp) {
    this.#ms = ms;
    this.#options = options;
    this.#giveUp = giveUp;
  }

  // The time runs from here on: what createConnection() does before it returns is not the
  // network's.
  start() {
    if (this.#stopped) return;
    // Where the event loop was busy, what has come meanwhile is heard first.
    this.#timer = setTimeout(() => setImmediate(this.#expire), this.#ms).unref();
  }

  // A connection of which the agent is still to be told is being made over this socket.
  expect(socket) {
    this.#socket = socket;
    this.#looksUp = socket.connecting === true && looksUp(this.#options);
    if (!this.#looksUp) return;
    this.#onLookup[kOwn] = true;
    socket.once('lookup', this.#onLookup);
    socket.once('connectionAttempt', this.#onLookup);
  }

  // This is the connection. It is in time when it is ready, and not watched any more.
  watch(socket) {
    if (this.#socket !== socket) {
      this.#forget();
      this.expect(socket);
    }
    this.#giveUp = null;
    this.#readyEvent = readyEvent(socket);
    if (this.#readyEvent === null || socket.destroyed) {
      this.stop();
      return;
    }
    socket.once(this.#readyEvent, this.stop);
    socket.once('close', this.stop);
  }

  // A connection that comes after its time.
  reject(socket) {
    if (this.#expired) socket?.destroy();
  }

  stop = () => {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#giveUp = null;
    this.#forget();
  };

  #onLookup = () => {
    this.#looksUp = false;
  };

  #expire = () => {
    if (this.#stopped) return;
    this.#expired = true;
    const socket = this.#socket;
    const giveUp = this.#giveUp;
    const error = this.#error();
    this.stop();
    if (giveUp) {
      // Whoever makes the connection may listen for its end, but needs not for an error.
      socket?.destroy();
      giveUp(error);
    } else {
      socket.destroy(error);
    }
  };

  #error() {
    const phase = this.#phase();
    const origin = originText(this.#options);
    return coded(
      Error,
      'OXAGENT_CONNECT_TIMEOUT',
      `No connection to ${origin} within connectTimeout (${this.#ms} ms): ` +
        `${PHASES[phase]} has not ended`,
      { phase },
    );
  }

  #phase() {
    const socket = this.#socket;
    if (socket?.connecting) return this.#looksUp ? 'lookup' : 'connect';
    return socket?.secureConnecting ? 'secureConnect' : 'connect';
  }

  #forget() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.removeListener('lookup', this.#onLookup);
    socket.removeListener('connectionAttempt', this.#onLookup);
    socket.removeListener('close', this.stop);
    if (this.#readyEvent !== null) socket.removeListener(this.#readyEvent, this.stop);
  }
}

function looksUp({ host, socketPath }) {
  return !socketPath && !net.isIP(host ?? 'localhost');
}

// What says that a request can be sent; null where it can be already.
function readyEvent(socket) {
  if (socket.secureConnecting) return 'secureConnect';
  return socket.connecting ? 'connect' : null;
}

module.exports = { ConnectTimeout };
