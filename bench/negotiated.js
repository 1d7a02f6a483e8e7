'use strict';

// What a client and the server agreed on, in the server's words: all clients are asked alike, and
// what they are compared at is then known and not supposed.

const PATH = '/negotiated';

// "TLSv1.3 TLS_AES_256_GCM_SHA384 X25519 ." (or 'r' for a resumed session). `transport` is what an
// oxagent socket says of itself; no other client has it.
function parseNegotiated({ text, transport }) {
  const found = /^(TLSv\S+) (\S+) (\S+) ([r.])$/.exec(text);
  if (!found) throw new Error(`the server does not say what was agreed on: '${text}'`);
  const [, protocol, cipher, group, resumed] = found;
  return { protocol, cipher, group, resumed: resumed === 'r', transport };
}

function describeNegotiated({ protocol, cipher, group, transport }) {
  const parts = [protocol, cipher];
  if (group !== '-') parts.push(group);
  if (transport !== undefined) parts.push(`by ${transport}`);
  return parts.join(' ');
}

module.exports = { PATH, parseNegotiated, describeNegotiated };
