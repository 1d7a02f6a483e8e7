'use strict';

// Node's verdict on a server's certificates: whether they are for the name that was asked for, and
// what Node calls it where nobody vouches for them.

const nodeTls = require('../node/tls');
const { advisesSystemCa } = require('../node/version');
const { Oid, basicConstraints, extendedKeyUsage, keyUsage } = require('./certificate-fields');
const { Dated } = require('./dated');
const { rootStore } = require('./root-store');

// The error that makes the connection unauthorized, or undefined.
function judgeIdentity(peer, identity, checkServerIdentity) {
  const check = checkServerIdentity ?? nodeTls.checkServerIdentity;
  // Node asks no more of the answer than whether it is true.
  return check(identity, peer.legacy(true)) || undefined;
}

// Names of one chain.
const NAMES_MAX = 64;

const identityFaults = new WeakMap();

/**
 * What Node's own check has against this name, as `authorizationError` shows it, or null. It rests
 * on the certificate alone: once is enough.
 */
function identityFault(peer, identity) {
  let faults = identityFaults.get(peer);
  if (!faults) {
    faults = new Map();
    identityFaults.set(peer, faults);
  }
  let fault = faults.get(identity);
  if (fault === undefined) {
    const error = judgeIdentity(peer, identity, null);
    fault = error ? error.code || error.message : null;
    if (faults.size === NAMES_MAX) faults.delete(faults.keys().next().value);
    faults.set(identity, fault);
  }
  return fault;
}

const SELF_SIGNED = 'DEPTH_ZERO_SELF_SIGNED_CERT';
const SELF_SIGNED_ABOVE = 'SELF_SIGNED_CERT_IN_CHAIN';
const NO_ISSUER = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
const NO_ISSUER_SENT = 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
const NO_ISSUER_TRUSTED = 'UNABLE_TO_GET_ISSUER_CERT';

const MESSAGES = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  INVALID_PURPOSE: 'unsuitable certificate purpose',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
  [SELF_SIGNED]: 'self-signed certificate',
  [SELF_SIGNED_ABOVE]: 'self-signed certificate in certificate chain',
  [NO_ISSUER]: 'unable to verify the first certificate',
  [NO_ISSUER_SENT]: 'unable to get local issuer certificate',
  [NO_ISSUER_TRUSTED]: 'unable to get issuer certificate',
  UNSPECIFIED: 'unspecified certificate verification error',
};

const ADVICE = '; if the root CA is installed locally, try running Node.js with --use-system-ca';
// Given even to those who have followed it.
const ADVISED = new Set(advisesSystemCa ? [SELF_SIGNED, NO_ISSUER, NO_ISSUER_TRUSTED] : []);

// The error that Node has for a chain's fault.
function chainError(code) {
  const message = ADVISED.has(code) ? MESSAGES[code] + ADVICE : MESSAGES[code];
  return Object.assign(new Error(message), { code });
}

const labels = new WeakMap();

/**
 * The code for a chain that leads to no trusted root; null where Node itself must decide, be it
 * that it would accept the chain. Found once until a date in it passes.
 */
function labelChain(peer, roots, now) {
  let label = labels.get(peer);
  if (!label) {
    label = new Dated((moment) => findLabel(peer.certificates, roots, moment));
    labels.set(peer, label);
  }
  return label.at(now);
}

function findLabel(certificates, roots, moment) {
  if (certificates.length === 0 || !certificates.every(isReadable)) return null;
  const store = rootStore(roots);
  const found = pathUp(certificates, store, moment);
  const label = found && labelPath(found, store, moment);
  // OpenSSL looks on after it has found no issuer, and reports the last fault that it finds.
  return label && isSoundOtherwise(found.path, moment) ? label : null;
}

function isReadable({ x509, fields }) {
  return Boolean(x509 && fields);
}

// The certificates from the leaf up, as OpenSSL collects them: of the client's own where one fits,
// else of the server's. `trusted` counts the client's, all of them at the top.
function pathUp([leaf, ...sent], store, moment) {
  const path = [leaf];
  const isNew = ({ der }) => !path.some((certificate) => certificate.der.equals(der));
  let trusted = 0;
  for (let top = leaf; !isSelfIssued(top); top = path.at(-1)) {
    const own = store.issuerOf(top, moment);
    // They certify one another in turn.
    if (own && !isNew(own)) return null;
    const isIssuer = (other) => isNew(other) && top.mayBeIssuedBy(other);
    const issuer = own ?? (trusted === 0 ? sent.find(isIssuer) : undefined);
    if (!issuer) break;
    path.push(issuer);
    if (own) trusted++;
  }
  return { path, trusted };
}

function isSelfIssued(certificate) {
  return certificate.mayBeIssuedBy(certificate);
}

function labelPath({ path, trusted }, store, moment) {
  const top = path.at(-1);
  if (isSelfIssued(top)) {
    // A root of that name and key is trusted: this one or, for OpenSSL to tell apart, another.
    if (store.issuerOf(top, moment)) return null;
    return path.length === 1 ? SELF_SIGNED : SELF_SIGNED_ABOVE;
  }
  if (path.length === 1) return NO_ISSUER;
  return trusted > 0 ? NO_ISSUER_TRUSTED : NO_ISSUER_SENT;
}

// SHA-256, SHA-384 and SHA-512 with RSA, the same with ECDSA, and Ed25519.
const SIGNATURES = new Set([
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2a864886f70d01010d',
  '2a8648ce3d040302',
  '2a8648ce3d040303',
  '2a8648ce3d040304',
  '2b6570',
]);
const RSA_BITS_MIN = 2048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

// digitalSignature, keyEncipherment or keyAgreement: what a TLS server may need.
const FOR_SERVERS = 0b1010_1000;
const FOR_SIGNING_CERTIFICATES = 0b0000_0100;

// Extensions whose meaning is weighed here, or which only help to find an issuer. Any other may
// limit what a certificate is good for, if it is critical or if it is one of these.
const UNDERSTOOD = new Set([
  Oid.BASIC_CONSTRAINTS,
  Oid.EXTENDED_KEY_USAGE,
  Oid.KEY_USAGE,
  Oid.SUBJECT_ALT_NAME,
]);
const LIMITING = new Set([
  Oid.NAME_CONSTRAINTS,
  Oid.POLICY_CONSTRAINTS,
  Oid.NETSCAPE_CERTIFICATE_TYPE,
  Oid.PROXY_CERTIFICATE,
]);

// Whether OpenSSL has nothing to say against any certificate of the path but that it ends. What
// is uncommon counts as unsound.
function isSoundOtherwise(path, moment) {
  return path.every((certificate, depth) => {
    if (!certificate.isCurrentAt(moment) || !isStrong(certificate)) return false;
    if (hasLimits(certificate) || !isForServers(certificate)) return false;
    if (depth === 0) return (keyUsage(certificate.fields) & FOR_SERVERS) !== 0;
    return isIssuerOf(certificate, path.slice(0, depth));
  });
}

function isStrong({ fields, publicKey }) {
  if (!SIGNATURES.has(fields.signature)) return false;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey ?? {};
  if (type === 'rsa') return details.modulusLength >= RSA_BITS_MIN;
  if (type === 'ec') return CURVES.has(details.namedCurve);
  return type === 'ed25519';
}

function hasLimits({ fields }) {
  for (const [oid, { critical }] of fields.extensions) {
    if (LIMITING.has(oid) || (critical && !UNDERSTOOD.has(oid))) return true;
  }
  return false;
}

function isForServers({ fields }) {
  return extendedKeyUsage(fields)?.includes(Oid.SERVER_AUTH) ?? true;
}

// `below`: the path from the leaf to the certificate that it must have signed.
function isIssuerOf(certificate, below) {
  const { fields, publicKey } = certificate;
  const { ca, pathLength } = basicConstraints(fields);
  if (!ca || (keyUsage(fields) & FOR_SIGNING_CERTIFICATES) === 0) return false;
  if (below.slice(1).filter((one) => !isSelfIssued(one)).length > pathLength) return false;
  return below.at(-1).x509.verify(publicKey);
}

module.exports = { chainError, identityFault, judgeIdentity, labelChain };
