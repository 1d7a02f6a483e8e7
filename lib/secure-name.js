'use strict';

// The TLS part of an origin's name: getName() of Node's https.Agent, as of Node 26. Two requests
// share a connection only where all of this is equal.

const kPerRequestIdentity = 'per-request checkServerIdentity';

// In the order of the name.
const PARTS = [
  ['ca', join],
  ['cert', join],
  ['clientCertEngine', join],
  ['ciphers', join],
  ['key', join],
  ['pfx', joinPfx],
  ['rejectUnauthorized', joinDefined],
  ['servername', joinServername],
  ['minVersion', join],
  ['maxVersion', join],
  ['secureProtocol', join],
  ['crl', join],
  ['honorCipherOrder', joinDefined],
  ['ecdhCurve', join],
  ['dhparam', join],
  ['secureOptions', joinDefined],
  ['sessionIdContext', join],
  ['sigalgs', joinJson],
  ['privateKeyIdentifier', join],
  ['privateKeyEngine', join],
];

// All of them, and what two of them depend on.
const VALUES = [...PARTS.map(([key]) => key).filter((key) => key !== 'servername'), 'passphrase'];

// Sets of values, and names of one set, that an agent remembers.
const SETS_MAX = 16;
const NAMES_MAX = 1024;

function join(value) {
  return value ? `${value}` : '';
}

function joinDefined(value) {
  return value !== undefined ? `${value}` : '';
}

function joinJson(value) {
  return value ? JSON.stringify(value) : '';
}

function joinServername(servername, { host }) {
  return servername && servername !== host ? `${servername}` : '';
}

function joinPfx(pfx, { passphrase }) {
  if (!pfx) return '';
  if (!Array.isArray(pfx)) return `${pfx}`;
  return pfx.map((value) => `:${value?.buf || value}:${value?.passphrase || passphrase}`).join('');
}

function secureSuffix(options) {
  let suffix = '';
  for (const [key, part] of PARTS) suffix += `:${part(options[key], options)}`;
  const perRequest = perRequestIdentity(options);
  return perRequest ? `${suffix}:${options[perRequest]}` : suffix;
}

// Node's mark of a request that brings its own checkServerIdentity(): it has a connection of its
// own. Undefined where there is none, or where Node is older than the mark.
function perRequestIdentity(options) {
  if (options.checkServerIdentity === undefined) return undefined;
  return Object.getOwnPropertySymbols(options).find(
    (symbol) => symbol.description === kPerRequestIdentity && options[symbol],
  );
}

// The names of an agent's origins, each made once: a `ca` of 200 KiB costs a request nothing.
class SecureNames {
  #sets = [];

  // `base` is the name without TLS, `optionOf` gives the value of an option.
  nameOf(base, optionOf) {
    const set = this.#sets.find(({ values }) => isSame(values, optionOf)) ?? this.#add(optionOf);
    const servername = joinServername(optionOf('servername'), { host: optionOf('host') });
    const key = servername ? `${base}\n${servername}` : base;
    let name = set.names.get(key);
    if (name === undefined) {
      const options = { servername };
      for (const [index, option] of VALUES.entries()) options[option] = set.values[index];
      name = base + secureSuffix(options);
      if (set.names.size >= NAMES_MAX) set.names.clear();
      set.names.set(key, name);
    }
    return name;
  }

  #add(optionOf) {
    const values = VALUES.map((option) => {
      const value = optionOf(option);
      // A program may add to its list of authorities.
      return Array.isArray(value) ? [...value] : value;
    });
    const set = { values, names: new Map() };
    if (this.#sets.length >= SETS_MAX) this.#sets.shift();
    this.#sets.push(set);
    return set;
  }
}

function isSame(values, optionOf) {
  for (let index = 0; index < VALUES.length; index++) {
    const known = values[index];
    const value = optionOf(VALUES[index]);
    if (Array.isArray(known) && Array.isArray(value)) {
      if (known.length !== value.length || !known.every((one, at) => one === value[at]))
        return false;
    } else if (known !== value) {
      return false;
    }
  }
  return true;
}

module.exports = { SecureNames, perRequestIdentity, secureSuffix };
