'use strict';

// DER, as far as certificates and revocation lists need it (ITU-T X.690). Whatever is given is
// encoded, be it allowed in a certificate or not.

const { isIP } = require('node:net');

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const NULL = 0x05;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
const SET = 0x31;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const BMP_STRING = 0x1e;

const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

function element(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length) {
  if (length < 0x80) return [length];
  const octets = unsigned(BigInt(length));
  return [0x80 | octets.length, ...octets];
}

function unsigned(value) {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
}

const sequence = (...parts) => element(SEQUENCE, ...parts);
const set = (...parts) => element(SET, ...parts);
const octets = (content) => element(OCTET_STRING, content);
const bits = (content, unused = 0) => element(BIT_STRING, [unused], content);
const boolean = (value) => element(BOOLEAN, [value ? 0xff : 0]);
const nothing = () => element(NULL);
const text = (tag, value) => element(tag, Buffer.from(value));
const tagged = (number, content) => element(CONTEXT | CONSTRUCTED | number, content);
const implicit = (number, content) => element(CONTEXT | number, content);

/** A number, a BigInt, or the octets themselves. */
function integer(value) {
  if (Buffer.isBuffer(value)) return element(INTEGER, value);
  value = BigInt(value);
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length++;
  const content = unsigned(BigInt.asUintN(8 * length, value));
  return element(INTEGER, Buffer.alloc(length - content.length), content);
}

function oid(dotted) {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  const content = [40 * first + second, ...rest].flatMap((arc) => {
    const groups = [arc % 128];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) {
      groups.unshift(0x80 | (high % 128));
    }
    return groups;
  });
  return element(OBJECT_IDENTIFIER, content);
}

/** A bit string of flags, the first flag first, without the zero bits at its end. */
function flags(...set) {
  const content = [];
  for (const bit of set) {
    while (content.length <= bit >> 3) content.push(0);
    content[bit >> 3] |= 0x80 >> (bit & 7);
  }
  const unused = set.length > 0 ? 7 - (Math.max(...set) & 7) : 0;
  return bits(content, unused);
}

// 20270131235959
function digits(date) {
  return date.toISOString().replace(/[-T:]|\..*/g, '');
}

const utcTime = (written) => text(UTC_TIME, written);
const generalizedTime = (written) => text(GENERALIZED_TIME, written);

/** As RFC 5280 (4.1.2.5) wants it: UTCTime through the year 2049. */
function time(date) {
  const year = date.getUTCFullYear();
  const written = `${digits(date)}Z`;
  return year >= 1950 && year < 2050 ? utcTime(written.slice(2)) : generalizedTime(written);
}

const ATTRIBUTES = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  E: '1.2.840.113549.1.9.1',
};

/** A distinguished name of [attribute, value, tag of the string] in order. */
function name(...attributes) {
  return sequence(
    ...attributes.map(([attribute, value, tag = UTF8_STRING]) =>
      set(sequence(oid(ATTRIBUTES[attribute]), text(tag, value))),
    ),
  );
}

function addressBytes(address) {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head, tail = ''] = address.split('::');
  const groups = (part) => (part === '' ? [] : part.split(':').map((hex) => parseInt(hex, 16)));
  const zeros = Array(8 - groups(head).length - groups(tail).length).fill(0);
  const all = [...groups(head), ...(address.includes('::') ? zeros : []), ...groups(tail)];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The choices of a GeneralName. */
const general = {
  other: (type, value) => tagged(0, Buffer.concat([oid(type), tagged(0, value)])),
  email: (value) => implicit(1, Buffer.from(value)),
  dns: (value) => implicit(2, Buffer.from(value)),
  directory: (distinguished) => tagged(4, distinguished),
  uri: (value) => implicit(6, Buffer.from(value)),
  ip: (...parts) => implicit(7, Buffer.concat(parts.map(addressBytes))),
  id: (dotted) => implicit(8, oid(dotted).subarray(2)),
  /** A DNS name or an IP address. */
  of: (value) => (isIP(value) ? general.ip(value) : general.dns(value)),
};

function pem(label, der) {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

module.exports = {
  BMP_STRING,
  IA5_STRING,
  PRINTABLE_STRING,
  SEQUENCE,
  UTF8_STRING,
  bits,
  boolean,
  digits,
  element,
  flags,
  general,
  generalizedTime,
  implicit,
  integer,
  name,
  nothing,
  octets,
  oid,
  pem,
  sequence,
  tagged,
  text,
  time,
  utcTime,
};
