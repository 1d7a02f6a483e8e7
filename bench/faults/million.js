'use strict';

// What a long life costs: whatever is kept of each request shows after a million.

const { median } = require('../stats');
const { measureIn, withServer } = require('./processes');

const MIB = 2 ** 20;
const DEADLINE_MS = 300_000;

// Over the nine tenths after the warm-up. Over 900,000 requests these are 4.7 bytes of RSS and 1.2
// of heap a request: anything that is really kept of each is more.
const RSS_MIB = 4;
const HEAP_MIB = 1;

function measure(client, { secure }, { requests }) {
  return withServer(['nginx', 'node'], { secure }, ({ port, ca }) =>
    measureIn('million', client, { secure, port, ca, requests }, { deadlineMs: DEADLINE_MS }),
  );
}

// From the first sample to the last by the median slope between any two (Theil and Sen): V8 gives
// the pages of its young generation back now and then, 26 MiB of RSS, and a sample that falls there
// must neither feign a growth nor hide one.
function growth(values) {
  const slopes = values.flatMap((from, i) =>
    values.slice(i + 1).map((to, apart) => (to - from) / (apart + 1)),
  );
  return (median(slopes) * (values.length - 1)) / MIB;
}

const rssGrowth = ({ samples }) => growth(samples.map(({ rss }) => rss));
const heapGrowth = ({ samples }) => growth(samples.map(({ heapUsed }) => heapUsed));

function broken(figures) {
  const said = [];
  const rss = rssGrowth(figures);
  const heap = heapGrowth(figures);
  if (rss >= RSS_MIB) said.push(`the RSS grows: ${rss.toFixed(2)} MiB`);
  if (heap >= HEAP_MIB) said.push(`the heap grows: ${heap.toFixed(2)} MiB`);
  return said;
}

module.exports = {
  name: 'million',
  summary: 'small GETs, 100 at once; memory without garbage after each tenth, from the first on',
  promise: `less than ${RSS_MIB} MiB of RSS and ${HEAP_MIB} MiB of heap more at the end than after the first tenth`,
  requests: 1_000_000,
  ways: [
    { name: 'http', secure: false },
    { name: 'https', secure: true },
  ],
  measure,
  broken,
  columns: [
    { head: 'RSS MiB, first', of: ({ samples }) => samples[0].rss / MIB, digits: 1 },
    { head: 'last', of: ({ samples }) => samples.at(-1).rss / MIB, digits: 1 },
    { head: 'growth', of: rssGrowth, digits: 2 },
    { head: 'heap MiB, first', of: ({ samples }) => samples[0].heapUsed / MIB, digits: 2 },
    { head: 'last', of: ({ samples }) => samples.at(-1).heapUsed / MIB, digits: 2 },
    { head: 'growth', of: heapGrowth, digits: 3 },
    { head: 's', of: (f) => f.seconds, digits: 0 },
  ],
};
