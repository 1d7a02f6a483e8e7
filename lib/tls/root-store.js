'use strict';

// The certificates that a client trusts, to look for an issuer among them. Each is read no sooner:
// there are some 150, and a connection needs one or two.

const { Certificate } = require('./certificate');

class RootStore {
  #certificates;
  #bySubject;

  constructor({ bundled, own }) {
    this.#certificates = [...bundled, ...own].map((der) => new Certificate(der));
  }

  /** The certificate that OpenSSL would take as the issuer. */
  issuerOf(certificate, moment) {
    const named = this.#named(certificate.fields?.issuer);
    // Names can be equal although their encodings differ, and OpenSSL compares the names.
    return (
      preferred(named, certificate, moment) ?? preferred(this.#certificates, certificate, moment)
    );
  }

  /** All that may have issued an X509Certificate, as such. */
  issuersOf(x509) {
    return this.#certificates
      .map((candidate) => candidate.x509)
      .filter((candidate) => candidate && x509.checkIssued(candidate));
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
function preferred(candidates, certificate, moment) {
  let latest;
  for (const candidate of candidates) {
    if (!certificate.mayBeIssuedBy(candidate)) continue;
    if (candidate.isCurrentAt(moment)) return candidate;
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

module.exports = { rootStore };
