'use strict';

// DER that is a little wrong: of one value all that differ from it by an element or by a byte. What
// an element is nested in keeps lengths that fit, so that a reader gets as far as to the fault.

const der = require('./der');

const CONSTRUCTED = 0x20;

// Elements that have no place where they are put.
const STRANGERS = [
  ['a NULL', der.nothing()],
  ['an INTEGER', der.integer(1)],
  ['a BOOLEAN', der.boolean(true)],
  ['a [7]', der.implicit(7, Buffer.from('x'))],
];

// What an element may be taken for: others of its class, the same in another form or class.
const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x30, 0x31, 0x80, 0x82, 0x87, 0xa0, 0xa4];

// What takes the place of a byte.
const BYTES = [(byte) => byte ^ 0x01, (byte) => byte ^ 0x80, () => 0x00, () => 0xff];

/** The element at `at`, with those inside; null where it is none. */
function parse(bytes, at = 0, end = bytes.length) {
  if (end - at < 2) return null;
  const tag = bytes[at];
  let start = at + 2;
  let length = bytes[at + 1];
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 2 || start + octets > end) return null;
    length = bytes.readUIntBE(start, octets);
    start += octets;
  }
  if ((tag & 0x1f) === 0x1f || start + length > end) return null;
  const parts = tag & CONSTRUCTED ? parseAll(bytes, start, start + length) : null;
  return { tag, parts, content: bytes.subarray(start, start + length), end: start + length };
}

function parseAll(bytes, at, end) {
  const parts = [];
  while (at < end) {
    const part = parse(bytes, at, end);
    if (part === null) return null;
    parts.push(part);
    at = part.end;
  }
  return parts;
}

/** The element as it is written, those inside by `write`. */
function written({ tag, parts, content }, write = written) {
  return der.element(tag, parts ? Buffer.concat(parts.map((part) => write(part))) : content);
}

function longLength(bytes) {
  const { tag, content } = parse(bytes);
  const length = Buffer.from([0x82, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, content]);
}

// [what is done to it, the bytes in its place] for one element.
function* inPlaceOf(element) {
  const { tag, parts, content } = element;
  const whole = written(element);
  for (const other of TAGS) {
    if (other !== tag) yield [`is a ${other.toString(16)}`, der.element(other, content)];
  }
  yield ['is missing', Buffer.alloc(0)];
  yield ['is there twice', Buffer.concat([whole, whole])];
  yield ['is empty', der.element(tag)];
  yield ['has a longer length than it needs', longLength(whole)];
  yield ['is one of another', der.element(tag, whole)];
  yield ['is of no certain length', Buffer.from([tag, 0x80, ...content, 0, 0])];
  for (const [name, stranger] of STRANGERS) {
    yield [`is followed by ${name}`, Buffer.concat([whole, stranger])];
    yield [`comes after ${name}`, Buffer.concat([stranger, whole])];
    if (parts) yield [`ends with ${name}`, der.element(tag, content, stranger)];
  }
  if (parts) {
    yield ['ends in the midst of an element', der.element(tag, content, [0x30])];
    if (parts.length > 1) {
      const backwards = [...parts].reverse().map((part) => written(part));
      yield ['is backwards', der.element(tag, ...backwards)];
    }
  } else {
    yield ['has an octet more', der.element(tag, content, [0])];
    yield ['has an octet more in front', der.element(tag, [0], content)];
    yield ['has an octet less', der.element(tag, content.subarray(1))];
  }
}

function* elementsOf(root, path = '') {
  yield [root, path || 'all of it'];
  for (const [index, part] of (root.parts ?? []).entries()) {
    yield* elementsOf(part, path === '' ? `${index}` : `${path}.${index}`);
  }
}

/** [title, value] of all that differ from the value by one element. */
function* elementMutations(value) {
  const root = parse(value);
  for (const [changed, path] of elementsOf(root)) {
    for (const [what, bytes] of inPlaceOf(changed)) {
      const write = (element) => (element === changed ? bytes : written(element, write));
      yield [`element ${path} ${what}`, write(root)];
    }
  }
}

/** [title, value] of all that differ from the value by one byte: another, one less, one more. */
function* byteMutations(value) {
  for (const [at, byte] of value.entries()) {
    const others = new Set(BYTES.map((change) => change(byte)));
    others.delete(byte);
    for (const other of others) {
      const changed = Buffer.from(value);
      changed[at] = other;
      yield [`byte ${at} is ${other}`, changed];
    }
    const [before, after] = [value.subarray(0, at), value.subarray(at)];
    yield [`byte ${at} is missing`, Buffer.concat([before, after.subarray(1)])];
    yield [`byte ${at} is put in`, Buffer.concat([before, Buffer.from([0x30]), after])];
  }
}

module.exports = { byteMutations, elementMutations };
