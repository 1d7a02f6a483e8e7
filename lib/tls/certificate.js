'use strict';

// A certificate that a server has sent or that a client trusts, each part of it read when it is
// asked for.

// Before any certificate is shown in the old form: that loads a part of Node's TLS, which is
// complete only if `tls` came first.
require('node:tls');
const { Buffer } = require('node:buffer');
const { X509Certificate } = require('node:crypto');

const { parseDate } = require('../node/originals');
const { showsAnyKey } = require('../node/version');
const { certificateFields, namesKeyOf } = require('./certificate-fields');

// Keys of these curves are shown on every Node; others depend on its version (../node/version.js).
const CURVES_SHOWN = new Set(['prime256v1', 'secp224r1', 'secp384r1', 'secp521r1']);

class Certificate {
  #x509;
  #fields;
  #legacy;

  constructor(der) {
    this.der = der;
  }

  /** Undefined where OpenSSL cannot read it. */
  get x509() {
    if (this.#x509 === undefined) this.#x509 = attempt(() => x509Of(this.der));
    return this.#x509 ?? undefined;
  }

  /** Another object of the same, for a program that may write to it. */
  copy() {
    return this.x509 && x509Of(this.der);
  }

  /** Undefined where it, or an extension that matters, is not DER. */
  get fields() {
    if (this.#fields === undefined) this.#fields = attempt(() => certificateFields(this.der));
    return this.#fields ?? undefined;
  }

  /** Undefined where OpenSSL does not know the algorithm. */
  get publicKey() {
    return attempt(() => this.x509.publicKey) ?? undefined;
  }

  /** By its names, its key identifiers and the issuer's key usage; not by its signature. */
  isIssuedBy(issuer) {
    return Boolean(this.x509 && issuer.x509 && this.x509.checkIssued(issuer.x509));
  }

  /** The same, whatever the issuer's key usage: so OpenSSL finds issuers, to judge them then. */
  mayBeIssuedBy(issuer) {
    if (this.isIssuedBy(issuer)) return true;
    const { fields } = this;
    // OpenSSL takes no issuer whose key it can't read.
    if (!fields || !issuer.fields || !this.x509 || !issuer.publicKey) return false;
    return fields.issuer === issuer.fields.subject && namesKeyOf(fields, issuer.fields);
  }

  isCurrentAt(moment) {
    return moment.isWithin(parseDate(this.x509.validFrom), this.expiry);
  }

  get expiry() {
    return parseDate(this.x509.validTo);
  }

  /** Whether Node can be asked for its old form, and go on. */
  get isShowable() {
    return showsAnyKey || !this.x509 || isShown(this.publicKey);
  }

  /** The old form, a new object for each call; undefined where it cannot be had. */
  legacy() {
    if (!this.isShowable) return undefined;
    // To copy it takes a tenth of the time that it takes to make it.
    this.#legacy ??= this.x509?.toLegacyObject();
    return copyOf(this.#legacy);
  }
}

const PEM_MARK = '-----BEGIN';

// Node looks for PEM first, be it in the midst of a certificate's own text: that would be another
// certificate.
function x509Of(der) {
  return new X509Certificate(der.includes(PEM_MARK) ? pemOf(der) : der);
}

function pemOf(der) {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `${PEM_MARK} CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function isShown(publicKey) {
  if (!publicKey) return false;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  return type !== 'ec' || CURVES_SHOWN.has(details.namedCurve);
}

function copyOf(value) {
  if (typeof value !== 'object' || value === null) return value;
  // On an ArrayBuffer of its own, as Node makes it: the pool of small ones has other people's too.
  if (Buffer.isBuffer(value)) return Buffer.from(new Uint8Array(value).buffer);
  if (Array.isArray(value)) return value.map(copyOf);
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const key of Object.keys(value)) copy[key] = copyOf(value[key]);
  return copy;
}

function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

module.exports = { Certificate };
