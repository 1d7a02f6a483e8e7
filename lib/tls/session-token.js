'use strict';

// What stands for a session of rustls where Node has the session itself: a Buffer that names a
// session on the native side, and holds it for as long as somebody has the Buffer. Of use in the
// thread that made it and for the same name alone.

const { Buffer } = require('node:buffer');
const { randomBytes } = require('node:crypto');

const PREFIX = Buffer.from('oxagent tls session ', 'latin1');
const ID_OCTETS = 8;

// What tokens hold. A copy of a token holds nothing, and serves as long as something else does.
const held = new WeakMap();

// Sessions of one agent, of some KiB each, that serve whatever became of their tokens.
const GIVEN_MAX = 1024;

// Listeners that put a token into an agent's own cache, and give it to nobody.
const caching = new WeakSet();

const head = Buffer.concat([PREFIX, randomBytes(8)]);

/**
 * The token of session `id`, a safe integer, with the server of this name. `authorizationError` is
 * what was wrong with the server's certificates, '' where nothing was: a resumed handshake shows
 * none. `session` is the native object that the token is to hold.
 */
function makeToken(name, id, authorizationError = '', session = null) {
  const number = Buffer.alloc(ID_OCTETS);
  number.writeBigUInt64BE(BigInt(id));
  const token = Buffer.concat([head, number, Buffer.from(`${authorizationError}\0${name}`)]);
  if (session !== null) held.set(token, session);
  return token;
}

/** The sessions of which a program was given tokens last: it may bring copies, or text, of them. */
class GivenSessions {
  #sessions = [];
  #next = 0;

  add(token) {
    const session = held.get(token);
    if (session === undefined || this.#sessions.includes(session)) return;
    this.#sessions[this.#next] = session;
    this.#next = (this.#next + 1) % GIVEN_MAX;
  }
}

function markCaching(listener) {
  caching.add(listener);
  return listener;
}

/** Whether somebody but an agent's own cache hears of a socket's sessions. */
function tellsProgram(socket) {
  return socket.listeners('session').some((listener) => !caching.has(listener));
}

/** { id, authorizationError }, or undefined where it is another thread's or another name's. */
function readToken(token, name) {
  if (!isToken(token) || !head.equals(token.subarray(0, head.length))) return undefined;
  const text = token.toString('utf8', head.length + ID_OCTETS);
  const nameAt = text.indexOf('\0') + 1;
  if (nameAt === 0 || text.slice(nameAt) !== name) return undefined;
  return { id: idOfToken(token), authorizationError: text.slice(0, nameAt - 1) };
}

function idOfToken(token) {
  return Number(token.readBigUInt64BE(head.length));
}

/** Whether this is a token, be it another thread's or another process's. */
function isToken(value) {
  return Buffer.isBuffer(value) && PREFIX.equals(value.subarray(0, PREFIX.length));
}

module.exports = {
  GivenSessions,
  idOfToken,
  isToken,
  makeToken,
  markCaching,
  readToken,
  tellsProgram,
};
