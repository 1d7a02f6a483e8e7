'use strict';

// Certificates in PEM, as OpenSSL finds them: it passes over lines outside of blocks and over
// blocks with other labels, and stops for good at a block that it can't read. Text that is not
// plainly right is left to it: a certificate more or less would be another trust.

const { Buffer } = require('node:buffer');
const { X509Certificate } = require('node:crypto');

const { TlsRoots } = require('../bridge/addon');
const { hasOpenssl } = require('../node/runtime');
const { NodeOnly } = require('./node-only');

const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE'];
const SPACE = 0x20;
// OpenSSL reads such a block with the purposes that its certificate is trusted for.
const LEFT_TO_NODE = ['TRUSTED CERTIFICATE'];

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/;
const BASE64 = /^[A-Za-z0-9+/]{1,76}$|^[A-Za-z0-9+/]{0,75}={1,2}$/;
const HEADER = /^[A-Za-z-]+: /;
// A whole block as most tools write it. All that is not one is looked at line by line.
const PLAIN =
  /-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/]{64}\r?\n)*[A-Za-z0-9+/]{1,64}={0,2}\r?\n)-----END CERTIFICATE-----\r?(?:\n|$)/y;
const PLAIN_LABEL = 'CERTIFICATE';
// What OpenSSL reads at a time; it takes the rest of a longer line for a line of its own.
const LINE_MAX = 253;

/** The certificates in a string, Buffer, TypedArray or DataView. `option` is its name. */
function certificatesIn(value, option) {
  return certificateBlocks(value, option).map((block) => parse(block, option));
}

/**
 * The same as DER, of several values: none is read by OpenSSL of which it is plain that it can be.
 * There may be a thousand, of which a connection needs one.
 */
function certificateDersIn(values, option) {
  const blocks = values.flatMap((value) => certificateBlocks(value, option));
  const ders = blocks.map(({ base64 }) => base64 && Buffer.from(base64, 'base64'));
  const plain = ders.filter(Boolean);
  // What another library can read is for it alone to say.
  const answers = hasOpenssl ? TlsRoots.areLegible(plain) : [];
  const legible = new Set(plain.filter((_, i) => answers[i]));
  return ders.map((der, i) => (legible.has(der) ? der : parse(blocks[i], option).raw));
}

function certificateBlocks(value, option) {
  // OpenSSL goes by bytes.
  const text = bytesOf(value).toString('latin1');
  if (!text.includes('-----BEGIN')) return [];
  return blocks(text, option).filter(({ label }) => CERTIFICATE_LABELS.includes(label));
}

function bytesOf(value) {
  if (typeof value === 'string') return Buffer.from(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

// OpenSSL cuts control characters as it does spaces.
function withoutEnd(line) {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= SPACE) end--;
  return line.slice(0, end);
}

function blocks(text, option) {
  const found = [];
  let open = null;
  for (let at = 0; at < text.length; ) {
    const plain = open === null ? plainBlock(text, at) : null;
    if (plain !== null) {
      found.push(plain);
      at = plain.end;
      continue;
    }
    let end = text.indexOf('\n', at);
    if (end === -1) end = text.length;
    const raw = text.slice(at, end);
    at = end + 1;
    const line = withoutEnd(raw);
    const [, edge, label] = BOUNDARY.exec(line) ?? [];
    const isStray = edge === undefined && line.includes('-----');
    if (raw.length > LINE_MAX || (isStray && /-----(BEGIN|END)/.test(line))) {
      throw new NodeOnly(option);
    }
    if (edge === 'BEGIN') {
      if (open !== null || LEFT_TO_NODE.includes(label)) throw new NodeOnly(option);
      open = { label, lines: [line] };
      found.push(open);
    } else if (edge === 'END') {
      if (open?.label !== label) throw new NodeOnly(option);
      open.lines.push(line);
      if (!isWellFormed(open.lines)) throw new NodeOnly(option);
      open = null;
    } else if (open !== null) {
      open.lines.push(line);
    }
  }
  if (open !== null) throw new NodeOnly(option);
  return found;
}

function plainBlock(text, at) {
  PLAIN.lastIndex = at;
  const match = PLAIN.exec(text);
  if (match === null) return null;
  const [pem, base64] = match;
  const octets = base64.replaceAll('\r', '').replaceAll('\n', '').length;
  return octets % 4 === 0 ? { label: PLAIN_LABEL, pem, base64, end: PLAIN.lastIndex } : null;
}

// Base64 alone, or below the headers of an encrypted key.
function isWellFormed(lines) {
  let body = lines.slice(1, -1);
  if (body.length > 0 && HEADER.test(body[0])) {
    const end = body.indexOf('');
    if (end === -1 || !body.slice(0, end).every((line) => HEADER.test(line))) return false;
    body = body.slice(end + 1);
  }
  if (body.length === 0 || !body.every((line) => BASE64.test(line))) return false;
  const base64 = body.join('');
  return base64.length % 4 === 0 && !base64.slice(0, -2).includes('=');
}

function parse({ pem, lines }, option) {
  try {
    return new X509Certificate(pem ?? lines.join('\n'));
  } catch {
    throw new NodeOnly(option);
  }
}

module.exports = { certificateDersIn, certificatesIn };
