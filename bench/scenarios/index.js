'use strict';

// A scenario says what is asked for, what must come back, and which figures tell the story:
//   at        how many at once, unless the command line says otherwise
//   server    what the server must hold; `kind` when only one of the servers will do
//   request   method, path and, for an upload, the body's length
//   response  the status and body length that every single response is checked against
//   whole     true when a window must hold whole requests, because one takes a good part of it
//   columns   the figures of the table: { head, of(figures), digits }
//   ratios    the figures compared with the baseline, round by round: { head, of(figures) }
// HTTPS will be a scenario like these, with a `protocol` of its own.
const all = [require('./http'), require('./http-download'), require('./http-upload')];

module.exports = Object.fromEntries(all.map((scenario) => [scenario.name, scenario]));
