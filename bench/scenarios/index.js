'use strict';

// A scenario says what is asked for, what must come back, and which figures tell the story:
//   secure    true for https
//   at        how many at once, unless the command line says otherwise
//   rates     how many a second, unless the command line says otherwise: requests begin by the
//             clock, and `at` is how many connections are there for them
//   clients   the only rows that take part (all, when absent)
//   seconds   length of a window, and
//   rounds    their number, unless the command line says otherwise
//   servers   the servers that will do, the best first
//   largeBytes  the length of what the server has at /large
//   delayMs   after how long the server answers at /delayed
//   request   method, path and, for an upload, the body's length
//   response  the status and body length that every single response is checked against
//   whole     true when a window must hold whole requests, because one takes a good part of it
//   requests  how many requests a window holds, where it is not as long as the seconds say
//   fresh     true when each request has a connection of its own, and no session is resumed
//   parked    true when the memory of `at` idle connections is measured, and no speed
//   more      names for further servers of the same kind, which do some of the work
//   probes    rate and connections of the requests that are measured beside other work, which is
//             handshakes, how many and what differs for them, and download, what is asked for
//   tracer    the tracer of ../tracers.js that each client has
//   crossings true when it is counted what a request takes of system calls and the like
//   loopDelay true when the event loop's delay is measured
//   window    how long a window is, in words, where neither seconds nor requests tell
//   against   the rows that the others are compared with (Node's own agents, when absent)
//   columns   the figures of the table: { head, of(figures), digits }
//   ratios    the figures compared with these, round by round: { head, of(figures) }
//   details(client)  lines under the table that say more of one client
const all = [
  require('./fairness'),
  require('./floor'),
  require('./http'),
  require('./http-crossings'),
  require('./http-dd-trace'),
  require('./http-download'),
  require('./http-opentelemetry'),
  require('./http-upload'),
  require('./http-paced'),
  require('./https'),
  require('./https-crossings'),
  require('./https-connect'),
  require('./https-dd-trace'),
  require('./https-download'),
  require('./https-opentelemetry'),
  require('./https-upload'),
  require('./https-paced'),
  require('./https-parked'),
];

const scenarios = Object.fromEntries(all.map((scenario) => [scenario.name, scenario]));

// Names for several, which run one after the other.
const groups = {
  crossings: ['http-crossings', 'https-crossings'],
  traced: ['http-opentelemetry', 'https-opentelemetry', 'http-dd-trace', 'https-dd-trace'],
  paced: ['http-paced', 'https-paced'],
};

module.exports = { groups, scenarios };
