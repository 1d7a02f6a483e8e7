'use strict';

// Whom to trust: the certificates of authorities, DER. `bundled` are those that Node ships, `own`
// all others.

const { Buffer } = require('node:buffer');
const fs = require('node:fs');
const process = require('node:process');
const tls = require('node:tls');

const { Cause } = require('../errors/node-causes');
const { hasFlag, startEnvironment } = require('../node/process-start');
const { NodeOnly } = require('./node-only');
const { OptionCache } = require('./option-cache');
const { certificateDersIn } = require('./pem');

const SETS_MAX = 100;

const sets = new OptionCache(SETS_MAX);

// What Node was built to trust besides its bundled list, which it does not tell.
const SYSTEM_FILE = process.config.variables.openssl_system_ca_path;
const OPENSSL_BY_DEFAULT =
  process.config.target_defaults?.defines?.includes('NODE_OPENSSL_CERT_STORE') ?? false;

let bundled = null;
let latest = { list: null, roots: null };

/**
 * What stands for the default roots: another value as soon as they are others. Node makes a new
 * list for each tls.setDefaultCACertificates().
 */
function defaultList() {
  // Before Node 22.15 the list can't be had, and can't change.
  return tls.getCACertificates ? tls.getCACertificates('default') : tls.rootCertificates;
}

/** The default roots, one object for as long as they stay the same. */
function defaultRoots() {
  const list = defaultList();
  if (latest.list !== list) {
    if (SYSTEM_FILE) throw new NodeOnly(Cause.SYSTEM_CA);
    if (usesOpensslStore(list)) throw new NodeOnly(Cause.OPENSSL_CA);
    const others = tls.getCACertificates ? [] : extraCertificates();
    latest = { list, roots: rootsOf([...list.map(derOf), ...others]) };
  }
  return latest.roots;
}

// OpenSSL's own store is not in Node's list: then all of it are the extra certificates.
function usesOpensslStore(list) {
  if (!tls.getCACertificates) return hasFlag('--use-openssl-ca') || OPENSSL_BY_DEFAULT;
  const extra = tls.getCACertificates('extra');
  return list.length === extra.length && list.every((pem, i) => pem === extra[i]);
}

// NODE_EXTRA_CA_CERTS, for a Node that does not list its default roots. Only the value that the
// process was started with counts.
function extraCertificates() {
  const environment = startEnvironment();
  if (environment === null) throw new NodeOnly(Cause.EXTRA_CA);
  const file = environment.get('NODE_EXTRA_CA_CERTS');
  if (!file) return [];
  let content;
  try {
    content = fs.readFileSync(file);
  } catch (error) {
    // Node warns of a file that is not there, and goes on without it.
    if (error.code === 'ENOENT') return [];
    throw new NodeOnly(Cause.EXTRA_CA);
  }
  return certificateDersIn([content], Cause.EXTRA_CA);
}

/** The roots that the option `ca` names: one object for the same values. */
function rootsFrom(ca) {
  const values = [ca];
  let roots = sets.find(values);
  if (roots === undefined) {
    roots = rootsOf(certificateDersIn([ca].flat(), 'ca'), false);
    sets.keep(values, roots);
  }
  return roots;
}

function rootsOf(ders, mayBeBundled = true) {
  const roots = { bundled: [], own: [] };
  const seen = new Set();
  for (const der of ders) {
    const bytes = der.toString('latin1');
    if (seen.has(bytes)) continue;
    seen.add(bytes);
    roots[mayBeBundled && isBundled(bytes) ? 'bundled' : 'own'].push(der);
  }
  return Object.freeze(roots);
}

function isBundled(bytes) {
  bundled ??= new Set(tls.rootCertificates.map((pem) => derOf(pem).toString('latin1')));
  return bundled.has(bytes);
}

// Of PEM that Node itself has written.
function derOf(pem) {
  return Buffer.from(pem.slice(pem.indexOf('\n'), pem.lastIndexOf('\n-----END')), 'base64');
}

module.exports = { defaultList, defaultRoots, rootsFrom };
