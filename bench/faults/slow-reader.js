'use strict';

// A reader that is far slower than its server: what it has not taken must wait with the server.

const { measureIn, withServer } = require('./processes');

const MIB = 2 ** 20;
const BODY_BYTES = 1024 * MIB;
const LIMIT_MIB = 64;
// V8 lets this much memory outside of its heap lie as garbage before it collects
// (kExternalAllocationSoftLimit), and a body that was read is just that, with any agent.
const GARBAGE_MIB = 64;
const DEADLINE_MS = 120_000;

function measure(client, { secure, collects }) {
  return withServer(['node'], { secure, largeBytes: BODY_BYTES }, ({ port, ca }) =>
    measureIn('slow-reader', client, { secure, port, ca, collects }, { deadlineMs: DEADLINE_MS }),
  );
}

function broken({ bytes, slowMiB, peakMiB, collects }) {
  const said = [];
  if (bytes !== BODY_BYTES) said.push(`${bytes} bytes have come`);
  if (slowMiB >= LIMIT_MIB) said.push(`it took ${slowMiB.toFixed(1)} MiB while it was slow`);
  if (peakMiB >= (collects ? LIMIT_MIB : LIMIT_MIB + GARBAGE_MIB)) {
    said.push(`it took ${peakMiB.toFixed(1)} MiB`);
  }
  return said;
}

const waysOver = (secure) =>
  [true, false].map((collects) => ({
    name: `${secure ? 'https' : 'http'}, ${collects ? 'collecting' : 'as V8 collects'}`,
    secure,
    collects,
  }));

module.exports = {
  name: 'slow-reader',
  summary:
    'a GET of 1 GiB: 64 MiB of it by 64 KiB every 2 ms, then a pause of 2 s, then at full speed',
  promise: `the RSS stays less than ${LIMIT_MIB} MiB above that before while the reader is slow, and at full speed where garbage is collected every 16 MiB; where V8 lets up to ${GARBAGE_MIB} MiB of it lie, that much more at full speed`,
  ways: [...waysOver(false), ...waysOver(true)],
  measure,
  broken,
  columns: [
    { head: 'MiB read', of: (f) => f.bytes / MIB },
    { head: 'RSS before MiB', of: (f) => f.beforeMiB, digits: 1 },
    { head: 'peak above: slow', of: (f) => f.slowMiB, digits: 1 },
    { head: 'of all', of: (f) => f.peakMiB, digits: 1 },
    { head: 's', of: (f) => f.seconds, digits: 1 },
  ],
};
