'use strict';

// What a certificate says (RFC 5280, 4.1) and Node's X509Certificate does not tell: its names as
// they are encoded, its signature algorithm and its extensions.

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const EXPLICIT_VERSION = 0xa0;
const EXPLICIT_EXTENSIONS = 0xa3;
const KEY_IDENTIFIER = 0x80;

// Encoded object identifiers, in hexadecimal.
const Oid = {
  SUBJECT_KEY_IDENTIFIER: '551d0e',
  KEY_USAGE: '551d0f',
  SUBJECT_ALT_NAME: '551d11',
  BASIC_CONSTRAINTS: '551d13',
  NAME_CONSTRAINTS: '551d1e',
  AUTHORITY_KEY_IDENTIFIER: '551d23',
  POLICY_CONSTRAINTS: '551d24',
  EXTENDED_KEY_USAGE: '551d25',
  SERVER_AUTH: '2b06010505070301',
  NETSCAPE_CERTIFICATE_TYPE: '6086480186f8420101',
  PROXY_CERTIFICATE: '2b0601050507010e',
};

// One element of DER: where it stands in the whole, and where its contents do.
function elementAt(der, at) {
  let start = at + 2;
  let length = der.readUInt8(at + 1);
  if (length & 0x80) {
    const octets = length & 0x7f;
    length = der.readUIntBE(start, octets);
    start += octets;
  }
  const end = start + length;
  if (end > der.length) throw new RangeError('The element is longer than its certificate');
  return { tag: der.readUInt8(at), at, start, end };
}

// The element that an extension consists of.
function onlyElement(value, tag) {
  const element = elementAt(value, 0);
  if (element.tag !== tag || element.end !== value.length) {
    throw new RangeError('The extension is something else');
  }
  return element;
}

function elementsIn(der, { start, end }) {
  const elements = [];
  while (start < end) {
    const element = elementAt(der, start);
    elements.push(element);
    start = element.end;
  }
  return elements;
}

const contents = (der, { start, end }) => der.subarray(start, end);
const encoded = (der, { at, end }) => der.subarray(at, end);

// { issuer, subject, signature, extensions } of a certificate. The names are their encoding, as a
// latin1 string; the signature algorithm is its object identifier in hexadecimal; the extensions
// are a Map from the like to { critical, value }. Throws where one of these is not DER, or an
// extension that is read below.
function certificateFields(der) {
  const [body] = elementsIn(der, elementAt(der, 0));
  const fields = elementsIn(der, body);
  if (fields[0].tag === EXPLICIT_VERSION) fields.shift();
  const [, algorithm, issuer, , subject, , ...rest] = fields;
  const extensions = rest.find(({ tag }) => tag === EXPLICIT_EXTENSIONS);
  const all = {
    issuer: encoded(der, issuer).toString('latin1'),
    subject: encoded(der, subject).toString('latin1'),
    signature: contents(der, elementAt(der, algorithm.start)).toString('hex'),
    extensions: extensions ? extensionsIn(der, extensions) : new Map(),
  };
  for (const read of [basicConstraints, keyUsage, extendedKeyUsage, authorityKey, subjectKey])
    read(all);
  return all;
}

function extensionsIn(der, extensions) {
  const [list] = elementsIn(der, extensions);
  const found = new Map();
  for (const extension of elementsIn(der, list)) {
    const parts = elementsIn(der, extension);
    const critical = parts.length === 3 && der[parts[1].start] !== 0;
    const value = contents(der, parts.at(-1));
    found.set(contents(der, parts[0]).toString('hex'), { critical, value });
  }
  return found;
}

// { ca, pathLength }: without a limit it is Infinity.
function basicConstraints({ extensions }) {
  const constraints = { ca: false, pathLength: Number.POSITIVE_INFINITY };
  const value = extensions.get(Oid.BASIC_CONSTRAINTS)?.value;
  if (!value) return constraints;
  for (const element of elementsIn(value, onlyElement(value, SEQUENCE))) {
    if (element.tag === BOOLEAN) constraints.ca = value[element.start] !== 0;
    if (element.tag === INTEGER) {
      constraints.pathLength = value.readUIntBE(element.start, element.end - element.start);
    }
  }
  return constraints;
}

// The first eight bits of the key usage, digitalSignature the highest; all of them where the
// certificate does not limit it.
function keyUsage({ extensions }) {
  const value = extensions.get(Oid.KEY_USAGE)?.value;
  if (!value) return 0xff;
  // The first octet of a bit string counts its unused bits.
  const { start, end } = onlyElement(value, BIT_STRING);
  return end - start > 1 ? value[start + 1] : 0;
}

// The purposes that the extended key usage permits, or null where it does not limit them. Node
// tells them too, but Deno other things by the same name.
function extendedKeyUsage({ extensions }) {
  const value = extensions.get(Oid.EXTENDED_KEY_USAGE)?.value;
  if (!value) return null;
  return elementsIn(value, onlyElement(value, SEQUENCE)).map((purpose) =>
    contents(value, purpose).toString('hex'),
  );
}

// The issuer's key as the certificate names it; undefined where it does not, null where it names
// the issuer's certificate instead.
function authorityKey({ extensions }) {
  const value = extensions.get(Oid.AUTHORITY_KEY_IDENTIFIER)?.value;
  if (!value) return undefined;
  const [identifier, ...others] = elementsIn(value, onlyElement(value, SEQUENCE));
  if (!identifier) return undefined;
  return identifier.tag === KEY_IDENTIFIER && others.length === 0
    ? contents(value, identifier)
    : null;
}

function subjectKey({ extensions }) {
  const value = extensions.get(Oid.SUBJECT_KEY_IDENTIFIER)?.value;
  return value && contents(value, onlyElement(value, OCTET_STRING));
}

// Whether the authority key identifier, if there is one, names the issuer's key. One that names
// the issuer's certificate instead counts as another's.
function namesKeyOf(fields, issuer) {
  const named = authorityKey(fields);
  if (!named) return named === undefined;
  return subjectKey(issuer)?.equals(named) ?? true;
}

module.exports = {
  Oid,
  basicConstraints,
  certificateFields,
  extendedKeyUsage,
  keyUsage,
  namesKeyOf,
};
