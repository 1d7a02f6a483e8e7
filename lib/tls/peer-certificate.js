'use strict';

// The certificates that a server has sent, and what Node's sockets tell of them.

const { Certificate } = require('./certificate');
const { Dated } = require('./dated');
const { rootStore } = require('./root-store');

// Chains that are kept read for one set of roots, as many as a native context remembers.
const CHAINS_MAX = 64;

class PeerCertificates {
  #roots;
  // From the leaf's issuer upwards.
  #issuers = new Dated((moment) => [...this.#findIssuers(moment)]);

  /** `chain` as the server sent it; `roots` is { bundled, own }; all of them DER. */
  constructor(chain, roots) {
    this.certificates = chain.map((der) => new Certificate(der));
    this.#roots = roots;
  }

  /** What `getPeerX509Certificate()` of a Node socket returns: a new object for each call. */
  x509() {
    return this.certificates[0]?.copy();
  }

  /**
   * Whether Node's own socket would live to show them, as it does whenever it accepts a server: the
   * leaf and its issuers, the client's own among them.
   */
  get isShowable() {
    const [leaf] = this.certificates;
    return !leaf || [leaf, ...this.#issuers.at()].every((certificate) => certificate.isShowable);
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
    for (const issuer of this.#issuers.at()) {
      const shownIssuer = issuer.legacy();
      // Cut short rather than ending the process.
      if (!shownIssuer) return;
      shown.issuerCertificate = shownIssuer;
      shown = shownIssuer;
      top = issuer;
    }
    if (top.isIssuedBy(top)) shown.issuerCertificate = shown;
  }

  // First those that the server sent, then the client's own.
  *#findIssuers(moment) {
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
      const issuer = store.issuerOf(top, moment);
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

const known = new WeakMap();

/**
 * The certificates of the chain that goes by this number; `read` returns them as the server sent
 * them. Connections share them, with all that was ever read in them.
 */
function peerCertificates(id, roots, read) {
  let peers = known.get(roots);
  if (!peers) {
    peers = new Map();
    known.set(roots, peers);
  }
  const peer = peers.get(id) ?? new PeerCertificates(read(), roots);
  // The last one met is the last to go.
  peers.delete(id);
  peers.set(id, peer);
  if (peers.size > CHAINS_MAX) peers.delete(peers.keys().next().value);
  return peer;
}

module.exports = { PeerCertificates, peerCertificates };
