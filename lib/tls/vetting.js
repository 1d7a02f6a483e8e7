'use strict';

// The look of the runtime's own TLS library at a chain that rustls and webpki have found good: what
// cannot be read, and what has an extension that is malformed, it refuses, where another reader may
// take the extension for absent.

const { Certificate } = require('./certificate');

/**
 * Whether each certificate of a path, the leaf first and its root last, is readable and issued by
 * the next, and all that the server has sent is readable too.
 */
function isSound(path, sent) {
  const certificates = path.map(
    (der) => sent.find((one) => one.der.equals(der)) ?? new Certificate(der),
  );
  return (
    certificates.every((one, depth) => one.isIssuedBy(certificates[depth + 1] ?? one)) &&
    sent.every(({ x509 }) => x509 !== undefined)
  );
}

module.exports = { isSound };
