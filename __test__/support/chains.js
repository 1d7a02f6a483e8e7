'use strict';

// Certificates of every kind, good and bad, for chains that a server may send: more than a
// library that keeps to the rules would sign. All of a chain is made when a test asks for it.

const { createHash, generateKeyPairSync, randomBytes, sign } = require('node:crypto');
const der = require('./der');

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const from = (milliseconds) => new Date(Date.now() + milliseconds);

const past = { notBefore: from(-9 * DAY), notAfter: from(-DAY) };
const future = { notBefore: from(DAY), notAfter: from(9 * DAY) };

const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

// --- Keys ----------------------------------------------------------------------------------------

const curve = (namedCurve, more) => ['ec', { namedCurve, ...more }];
const rsa = (modulusLength, publicExponent = 0x10001) => ['rsa', { modulusLength, publicExponent }];

const KEYS = {
  p224: curve('secp224r1'),
  p256: curve('prime256v1'),
  'p256 explicit': curve('prime256v1', { paramEncoding: 'explicit' }),
  p384: curve('secp384r1'),
  p521: curve('secp521r1'),
  secp256k1: curve('secp256k1'),
  brainpool: curve('brainpoolP256r1'),
  ed25519: ['ed25519'],
  ed448: ['ed448'],
  rsa: rsa(2048),
  'rsa 1024': rsa(1024),
  'rsa 1536': rsa(1536),
  'rsa 2047': rsa(2047),
  'rsa 2056': rsa(2056),
  'rsa 3072': rsa(3072),
  'rsa e3': rsa(2048, 3),
  'rsa-pss': ['rsa-pss', { modulusLength: 2048 }],
  'rsa-pss sha256': [
    'rsa-pss',
    { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256', saltLength: 32 },
  ],
  dsa: ['dsa', { modulusLength: 2048, divisorLength: 256 }],
};

// RSA keys take long to make: one for each kind and role is enough.
const slowKeys = new Map();

function keyPair(kind, role) {
  const [type, options] = KEYS[kind];
  if (!type.startsWith('rsa') && type !== 'dsa') return generateKeyPairSync(type, options);
  const id = `${kind} ${role}`;
  if (!slowKeys.has(id)) slowKeys.set(id, generateKeyPairSync(type, options));
  return slowKeys.get(id);
}

// --- Signatures ----------------------------------------------------------------------------------

const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

const SIGNATURES = {
  rsa: {
    md5: '1.2.840.113549.1.1.4',
    sha1: '1.2.840.113549.1.1.5',
    sha224: '1.2.840.113549.1.1.14',
    sha256: '1.2.840.113549.1.1.11',
    sha384: '1.2.840.113549.1.1.12',
    sha512: '1.2.840.113549.1.1.13',
  },
  ec: {
    sha1: '1.2.840.10045.4.1',
    sha224: '1.2.840.10045.4.3.1',
    sha256: '1.2.840.10045.4.3.2',
    sha384: '1.2.840.10045.4.3.3',
    sha512: '1.2.840.10045.4.3.4',
    'sha3-256': '2.16.840.1.101.3.4.3.10',
  },
  dsa: { sha256: '2.16.840.1.101.3.4.3.2' },
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
};

// { algorithm, sign(data) } of a private key; `salt` makes an RSA signature one of RSA-PSS.
function signer(privateKey, { hash = 'sha256', salt } = {}) {
  const type = privateKey.asymmetricKeyType;
  if (type === 'rsa-pss' || salt !== undefined) return pssSigner(privateKey, hash, salt ?? 32);
  const known = SIGNATURES[type];
  const isEdwards = typeof known === 'string';
  const identifier = der.oid(isEdwards ? known : known[hash]);
  return {
    algorithm: der.sequence(identifier, type === 'rsa' ? der.nothing() : ''),
    sign: (data) => sign(isEdwards ? null : hash, data, privateKey),
  };
}

function pssSigner(key, hash, saltLength) {
  const digest = der.sequence(der.oid(HASHES[hash]), der.nothing());
  const parameters = der.sequence(
    der.tagged(0, digest),
    der.tagged(1, der.sequence(der.oid(MGF1), digest)),
    der.tagged(2, der.integer(saltLength)),
  );
  return {
    algorithm: der.sequence(der.oid(RSA_PSS), parameters),
    // 6 is RSA_PKCS1_PSS_PADDING.
    sign: (data) => sign(hash, data, { key, padding: 6, saltLength }),
  };
}

// --- Extensions ----------------------------------------------------------------------------------

/** An extension: its value is DER, or what its octets hold if that is no DER at all. */
function extension(identifier, value, critical = false) {
  return der.sequence(
    der.oid(identifier),
    critical ? der.boolean(true) : '',
    der.octets(Buffer.from(value)),
  );
}

const ID = {
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKey: '2.5.29.35',
  purposes: '2.5.29.37',
};

/** NameConstraints of lists of general names. */
function nameConstraints({ permitted = [], excluded = [], critical = true }) {
  const subtrees = (number, names) =>
    names.length > 0
      ? der.tagged(number, Buffer.concat(names.map((name) => der.sequence(name))))
      : '';
  const value = der.sequence(subtrees(0, permitted), subtrees(1, excluded));
  return extension(ID.nameConstraints, value, critical);
}

function extensionsOf(options, own, issuer) {
  const list = [];
  const add = (identifier, value, critical) => {
    list.push(extension(identifier, value, critical));
  };
  const { ca, pathLength, keyUsage, purposes, names, ski, aki } = options;
  if (ca !== null) {
    const limit = pathLength === undefined ? '' : der.integer(pathLength);
    const value = der.sequence(ca ? der.boolean(true) : '', limit);
    add(ID.basicConstraints, value, options.basicCritical ?? true);
  }
  if (keyUsage) {
    const value = der.flags(...keyUsage.map((usage) => USAGES.indexOf(usage)));
    add(ID.keyUsage, value, options.usageCritical ?? true);
  }
  if (purposes) {
    add(ID.purposes, der.sequence(...purposes.map(der.oid)), options.purposesCritical);
  }
  if (names.length > 0) {
    const all = names.map((one) => (typeof one === 'string' ? der.general.of(one) : one));
    add(ID.alternativeNames, der.sequence(...all), options.namesCritical);
  }
  if (ski) add(ID.subjectKey, der.octets(ski === true ? own : ski));
  if (aki === true) add(ID.authorityKey, der.sequence(der.implicit(0, issuer)));
  else if (aki) add(ID.authorityKey, aki);
  return [...list, ...options.extensions];
}

/** The value of an AuthorityKeyIdentifier: of a key, or of an issuer's own issuer and serial. */
function authorityKey({ keyId, issuer, serial }) {
  return der.sequence(
    keyId ? der.implicit(0, keyId) : '',
    issuer ? der.tagged(1, der.general.directory(issuer)) : '',
    serial ? der.implicit(2, serial) : '',
  );
}

// --- Certificates --------------------------------------------------------------------------------

/**
 * A certificate. `issuer: null` signs it with its own key. `key` is a kind of key or a key pair;
 * `signWith`, a key pair, signs in the place of the issuer's. `subject` is a common name or the
 * DER of a name. `ca`, `keyUsage` and `purposes` that are null are left out, `ski` and `aki` that
 * are false too.
 */
function issue(options) {
  const { issuer = null, key = 'p256', role = 'leaf', serial = randomSerial() } = options;
  const pair = typeof key === 'string' ? keyPair(key, role) : key;
  const spki = options.spki ?? pair.publicKey.export({ type: 'spki', format: 'der' });
  const keyId = createHash('sha1').update(spki).digest();
  const subject = typeof options.subject === 'string' ? named(options.subject) : options.subject;
  const signing = options.signWith ?? issuer?.pair ?? pair;
  const { algorithm, sign: signData } = signer(signing.privateKey, options);
  const extensions = extensionsOf(options, keyId, issuer?.keyId ?? keyId);
  const { version = 3, notBefore = from(-HOUR), notAfter = from(30 * DAY) } = options;
  const tbs = (options.wrap ?? der.sequence)(
    version === 1 ? '' : der.tagged(0, der.integer(version - 1)),
    der.integer(serial),
    options.innerAlgorithm ?? algorithm,
    options.issuerName ?? issuer?.name ?? subject,
    der.sequence(timeOf(notBefore), timeOf(notAfter)),
    subject,
    spki,
    options.uniqueIds ?? '',
    extensions.length > 0 ? der.tagged(3, der.sequence(...extensions)) : '',
  );
  const signature = Buffer.from(signData(tbs));
  if (options.forged) signature[signature.length - 1] ^= 1;
  const whole = der.sequence(tbs, options.outerAlgorithm ?? algorithm, der.bits(signature));
  return {
    der: whole,
    pem: der.pem('CERTIFICATE', whole),
    key: (options.servedWith ?? pair).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    pair,
    keyId,
    name: subject,
    serial,
    issuer,
  };
}

const named = (commonName) => der.name(['CN', commonName]);
const timeOf = (value) => (value instanceof Date ? der.time(value) : value);

function randomSerial() {
  const bytes = randomBytes(16);
  // Positive, and without a zero octet in front.
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes;
}

const FOR_AUTHORITIES = {
  ca: true,
  keyUsage: ['keyCertSign', 'cRLSign'],
  purposes: null,
  names: [],
  ski: true,
  aki: true,
  extensions: [],
};

const FOR_LEAVES = {
  ...FOR_AUTHORITIES,
  subject: 'localhost',
  ca: false,
  keyUsage: ['digitalSignature', 'keyEncipherment'],
  purposes: [SERVER, CLIENT],
  names: ['localhost', '127.0.0.1'],
};

/** Makes the certificates of one chain, whose leaf has a key of the given kind. */
class Forge {
  constructor(leafKey = 'p256') {
    this.leafKey = leafKey;
  }

  root(options) {
    return issue({ ...FOR_AUTHORITIES, subject: 'root', role: 'root', aki: false, ...options });
  }

  authority(issuer, options) {
    const defaults = { ...FOR_AUTHORITIES, subject: 'intermediate', role: 'intermediate' };
    return issue({ ...defaults, issuer, ...options });
  }

  leaf(issuer, options) {
    return issue({ ...FOR_LEAVES, key: this.leafKey, issuer, ...options });
  }

  /** A leaf that signs itself. */
  selfSigned(options) {
    return this.leaf(null, { aki: false, ...options });
  }

  /**
   * A root, an intermediate unless that is null, and a leaf, each with its options. The server
   * sends what is below the root; the client trusts the root.
   */
  chain({ root = {}, intermediate = {}, leaf = {} } = {}) {
    const top = this.root(root);
    const middle = intermediate && this.authority(top, intermediate);
    const end = this.leaf(middle ?? top, leaf);
    const sent = middle ? [end, middle] : [end];
    return { sent, ca: [top], root: top, intermediate: middle, leaf: end };
  }

  /** As many intermediates between root and leaf; `optionsOf(depth)` counts from the root, at 1. */
  tower(count, optionsOf = () => ({})) {
    const root = this.root(optionsOf(0));
    let top = root;
    const sent = [];
    for (let depth = 1; depth <= count; depth++) {
      top = this.authority(top, { subject: `intermediate ${depth}`, ...optionsOf(depth) });
      sent.unshift(top);
    }
    sent.unshift(this.leaf(top));
    return { sent, ca: [root], root };
  }
}

/** A revocation list as PEM. */
function revocationList(issuer, revoked = [], options = {}) {
  const { thisUpdate = from(-HOUR), nextUpdate = from(DAY), signWith = issuer.pair } = options;
  const { algorithm, sign: signData } = signer(signWith.privateKey, options);
  const entries = revoked.map(({ serial }) =>
    der.sequence(der.integer(serial), der.time(from(-HOUR))),
  );
  const tbs = der.sequence(
    der.integer(1),
    algorithm,
    issuer.name,
    der.time(thisUpdate),
    der.time(nextUpdate),
    entries.length > 0 ? der.sequence(...entries) : '',
    der.tagged(0, der.sequence(extension('2.5.29.20', der.integer(1)))),
  );
  return der.pem('X509 CRL', der.sequence(tbs, algorithm, der.bits(signData(tbs))));
}

module.exports = {
  CLIENT,
  DAY,
  Forge,
  SERVER,
  authorityKey,
  extension,
  from,
  future,
  keyPair,
  nameConstraints,
  named,
  past,
  revocationList,
};
