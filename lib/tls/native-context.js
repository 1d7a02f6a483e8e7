'use strict';

// The native side of a plan's context (see ./plan.js), made once for each.

const { TlsContext, TlsRoots } = require('../bridge/addon');
const { vetsChains } = require('../node/runtime');

const roots = new WeakMap();
const contexts = new WeakMap();

function nativeRoots(spec) {
  let made = roots.get(spec);
  if (!made) {
    made = new TlsRoots(spec);
    roots.set(spec, made);
  }
  return made;
}

// Null where rustls can't serve it after all: a key that it does not like, say.
function nativeContext(spec) {
  let made = contexts.get(spec);
  if (made === undefined) {
    made = makeContext(spec);
    contexts.set(spec, made);
  }
  return made;
}

function makeContext(spec) {
  const { suites, groups, schemes, versions, tickets, legacyServers, certificate, roots } = spec;
  const offer = { suites, groups, schemes, versions, tickets, legacyServers };
  const request = { ...offer, vets: vetsChains, chain: [] };
  if (certificate) {
    request.chain = certificate.chain;
    request.key = certificate.key;
  }
  try {
    return new TlsContext(nativeRoots(roots), request);
  } catch {
    return null;
  }
}

module.exports = { nativeContext };
