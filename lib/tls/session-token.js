'use strict';

// What stands for a session of rustls where Node has the session itself: a Buffer that names a
// session kept on the native side. Of use in the thread that made it and for the same name alone.

const { Buffer } = require('node:buffer');
const { randomBytes } = require('node:crypto');

const PREFIX = Buffer.from('oxagent tls session ', 'latin1');
const ID_OCTETS = 8;

const head = Buffer.concat([PREFIX, randomBytes(8)]);

/**
 * The token of session `id`, a safe integer, with the server of this name. `authorizationError` is
 * what was wrong with the server's certificates, '' where nothing was: a resumed handshake shows
 * none.
 */
function makeToken(name, id, authorizationError = '') {
  const number = Buffer.alloc(ID_OCTETS);
  number.writeBigUInt64BE(BigInt(id));
  return Buffer.concat([head, number, Buffer.from(`${authorizationError}\0${name}`)]);
}

/** { id, authorizationError }, or undefined where it is another thread's or another name's. */
function readToken(token, name) {
  if (!isToken(token) || !head.equals(token.subarray(0, head.length))) return undefined;
  const text = token.toString('utf8', head.length + ID_OCTETS);
  const nameAt = text.indexOf('\0') + 1;
  if (nameAt === 0 || text.slice(nameAt) !== name) return undefined;
  const id = Number(token.readBigUInt64BE(head.length));
  return { id, authorizationError: text.slice(0, nameAt - 1) };
}

/** Whether this is a token, be it another thread's or another process's. */
function isToken(value) {
  return Buffer.isBuffer(value) && PREFIX.equals(value.subarray(0, PREFIX.length));
}

module.exports = { isToken, makeToken, readToken };
