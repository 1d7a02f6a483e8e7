'use strict';

// The value of an option as it was when something was made of it, to tell whether it still is the
// same. Values are compared by identity, so that a `ca` of 200 KiB costs nothing; a program that
// writes into a Buffer which it has given away is not noticed.

// An array's element that says what it means by its parts.
class Parts {
  constructor({ pem, buf, passphrase }) {
    this.pem = pem;
    this.buf = buf;
    this.passphrase = passphrase;
  }

  isSame({ pem, buf, passphrase }) {
    return this.pem === pem && this.buf === buf && this.passphrase === passphrase;
  }
}

// { pem, passphrase } of a key, { buf, passphrase } of a pfx.
function hasParts(element) {
  return element?.pem !== undefined || element?.buf !== undefined;
}

/** The value to keep: an array by its elements, as a program may add to it or change them. */
function remembered(value) {
  if (!Array.isArray(value)) return value;
  return value.map((element) => (hasParts(element) ? new Parts(element) : element));
}

/** Whether a value is what was remembered. */
function isStill(known, value) {
  if (!Array.isArray(value)) return known === value;
  if (!Array.isArray(known) || known.length !== value.length) return false;
  for (let i = 0; i < known.length; i++) {
    if (!isSameElement(known[i], value[i])) return false;
  }
  return true;
}

function isSameElement(known, element) {
  if (!hasParts(element)) return known === element;
  return known instanceof Parts && known.isSame(element);
}

module.exports = { isStill, remembered };
