'use strict';

// The certificates that a server has sent, and what Node's sockets tell of them.

// Before any certificate is shown in the old form: that loads a part of Node's TLS, which is
// complete only if `tls` came first.
require('node:tls');
const { X509Certificate } = require('node:crypto');
const { certificateFields, namesKeyOf } = require('./certificate-fields');

const nodeMajor = Number(process.versions.node.split('.')[0]);

// From Node 24 on the old form ends the process for an EC key on any other curve, and for a key that
// OpenSSL cannot read; in tls.TLSSocket too.
const CURVES_SHOWN = new Set(['prime256v1', 'secp224r1', 'secp384r1', 'secp521r1']);
const SHOWS_ANY_KEY = nodeMajor < 24;

class Certificate {
  #x509;
  #fields;

  constructor(der) {
    this.der = der;
  }

  /** Undefined where OpenSSL cannot read it. */
  get x509() {
    if (this.#x509 === undefined) this.#x509 = attempt(() => new X509Certificate(this.der));
    return this.#x509 ?? undefined;
  }

  /** Undefined where it is not DER. */
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
    if (!fields || !issuer.fields || !this.x509 || !issuer.x509) return false;
    return fields.issuer === issuer.fields.subject && namesKeyOf(fields, issuer.fields);
  }

  get isCurrent() {
    const now = Date.now();
    return Date.parse(this.x509.validFrom) <= now && now <= this.expiry;
  }

  get expiry() {
    return Date.parse(this.x509.validTo);
  }

  /** Undefined where showing it would end the process. */
  legacy() {
    if (!this.x509 || !(SHOWS_ANY_KEY || isShown(this.publicKey))) return undefined;
    return this.x509.toLegacyObject();
  }
}

function isShown(publicKey) {
  if (!publicKey) return false;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  return type !== 'ec' || CURVES_SHOWN.has(details.namedCurve);
}

function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

// The certificates that a client trusts, read no sooner than one of them is looked for: there are
// some 150, and a connection needs one or two.
class RootStore {
  #certificates;
  #bySubject;

  constructor({ bundled, own }) {
    this.#certificates = [...bundled, ...own].map((der) => new Certificate(der));
  }

  /** The certificate that OpenSSL would take as the issuer. */
  issuerOf(certificate) {
    const named = this.#named(certificate.fields?.issuer);
    // Names can be equal although their encodings differ, and OpenSSL compares the names.
    return preferred(named, certificate) ?? preferred(this.#certificates, certificate);
  }

  #named(subject) {
    if (!this.#bySubject) {
      this.#bySubject = new Map();
      for (const certificate of this.#certificates) {
        const name = certificate.fields?.subject;
        const list = this.#bySubject.get(name);
        if (list) list.push(certificate);
        else this.#bySubject.set(name, [certificate]);
      }
    }
    return this.#bySubject.get(subject) ?? [];
  }
}

// The first that is in date, else the one that was so last.
function preferred(candidates, certificate) {
  let latest;
  for (const candidate of candidates) {
    if (!certificate.mayBeIssuedBy(candidate)) continue;
    if (candidate.isCurrent) return candidate;
    if (!latest || candidate.expiry > latest.expiry) latest = candidate;
  }
  return latest;
}

const stores = new WeakMap();

function rootStore(roots) {
  let store = stores.get(roots);
  if (!store) {
    store = new RootStore(roots);
    stores.set(roots, store);
  }
  return store;
}

class PeerCertificates {
  #roots;

  /** `chain` as the server sent it; `roots` is { bundled, own }; all of them DER. */
  constructor(chain, roots) {
    this.certificates = chain.map((der) => new Certificate(der));
    this.#roots = roots;
  }

  x509() {
    return this.certificates[0]?.x509;
  }

  /** What `getPeerCertificate(detailed)` of a Node socket returns. */
  legacy(detailed) {
    const shown = this.certificates[0]?.legacy();
    if (!shown) return {};
    if (detailed) this.#linkIssuers(shown);
    return shown;
  }

  #linkIssuers(shown) {
    let top = this.certificates[0];
    for (const issuer of this.#issuers()) {
      const shownIssuer = issuer.legacy();
      // Cut short rather than ending the process.
      if (!shownIssuer) return;
      shown.issuerCertificate = shownIssuer;
      shown = shownIssuer;
      top = issuer;
    }
    if (top.isIssuedBy(top)) shown.issuerCertificate = shown;
  }

  // From the leaf's issuer upwards: first those that the server sent, then the client's own.
  *#issuers() {
    let [top, ...sent] = this.certificates;
    for (;;) {
      const at = sent.findIndex((certificate) => top.isIssuedBy(certificate));
      if (at === -1) break;
      [top] = sent.splice(at, 1);
      yield top;
      // Node looks no further among them after it has taken the last one.
      if (at === sent.length) break;
    }
    const store = rootStore(this.#roots);
    const passed = new Set();
    while (!top.isIssuedBy(top)) {
      const issuer = store.issuerOf(top);
      if (!issuer) return;
      yield issuer;
      // A certificate that may not sign is its own issuer without end, and two that cross-certify
      // one another are in turn.
      if (passed.has(issuer)) return;
      passed.add(issuer);
      top = issuer;
    }
  }
}

module.exports = { PeerCertificates, rootStore };
