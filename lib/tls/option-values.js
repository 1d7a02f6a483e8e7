'use strict';

// The value of an option as it was when something was made of it, to tell whether it still is the
// same. A Buffer is compared by its bytes: programs read their certificates anew for each agent or
// request, and may write into a Buffer that they have given away. What is kept of the bytes is a
// digest, as they may be a key. For a Buffer that is known it costs a glance, until a connection is
// made of it: then all of it is looked at, as Node does.

const crypto = require('node:crypto');

// Bytes of a Buffer that a glance takes in, spread over it: enough to see that it was cleared or
// filled with something else.
const GLANCES = 16;

// By view: { glance, digest } when it was last looked at.
const looks = new WeakMap();

// Counts the views that were found to hold something else than before.
let changes = 0;

class Bytes {
  #view;
  #glance;
  #digest;
  #changes;

  constructor(view) {
    this.#digest = digestOf(view);
    this.#see(view);
  }

  isSame(value) {
    if (value === this.#view && this.#changes === changes && this.#glance === glanceAt(value)) {
      return true;
    }
    if (!ArrayBuffer.isView(value) || digestOf(value) !== this.#digest) return false;
    this.#see(value);
    return true;
  }

  #see(view) {
    this.#view = view;
    this.#glance = glanceAt(view);
    this.#changes = changes;
  }
}

// An array's element that says what it means by its parts: { pem, passphrase } of a key,
// { buf, passphrase } of a pfx.
class Parts {
  #pem;
  #buf;
  #passphrase;

  constructor({ pem, buf, passphrase }) {
    this.#pem = remembered(pem);
    this.#buf = remembered(buf);
    this.#passphrase = remembered(passphrase);
  }

  isSame(element) {
    if (!hasParts(element)) return false;
    const { pem, buf, passphrase } = element;
    return (
      isStill(this.#pem, pem) && isStill(this.#buf, buf) && isStill(this.#passphrase, passphrase)
    );
  }
}

function hasParts(element) {
  return element?.pem !== undefined || element?.buf !== undefined;
}

/** The value to keep: an array by its elements, as a program may add to it or change them. */
function remembered(value) {
  if (ArrayBuffer.isView(value)) return new Bytes(value);
  if (!Array.isArray(value)) return value;
  return value.map((element) => (hasParts(element) ? new Parts(element) : remembered(element)));
}

/** Whether a value is what was remembered. */
function isStill(known, value) {
  if (known === value) return true;
  if (known instanceof Bytes || known instanceof Parts) return known.isSame(value);
  if (!Array.isArray(value) || !Array.isArray(known) || known.length !== value.length) return false;
  for (let i = 0; i < known.length; i++) {
    if (!isStill(known[i], value[i])) return false;
  }
  return true;
}

/** Looks at all bytes of these values: whether a program has written into one that was known. */
function lookAt(values) {
  const before = changes;
  for (const value of values) {
    if (ArrayBuffer.isView(value)) look(value);
    else if (Array.isArray(value)) lookAt(value);
    else if (hasParts(value)) lookAt([value.pem, value.buf]);
  }
  return changes !== before;
}

function digestOf(view) {
  const known = looks.get(view);
  return known?.glance === glanceAt(view) ? known.digest : look(view);
}

function look(view) {
  const known = looks.get(view);
  const digest = crypto.createHash('sha256').update(view).digest('latin1');
  if (known && known.digest !== digest) changes++;
  looks.set(view, { glance: glanceAt(view), digest });
  return digest;
}

function glanceAt(view) {
  const bytes =
    view instanceof Uint8Array
      ? view
      : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const { length } = bytes;
  const step = Math.max(1, Math.floor(length / GLANCES));
  let glance = length;
  for (let at = step >> 1; at < length; at += step) glance = (glance * 31 + bytes[at]) | 0;
  return glance;
}

module.exports = { isStill, lookAt, remembered };
