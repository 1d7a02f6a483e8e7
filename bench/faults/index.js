'use strict';

// A fault says what is done to a client, what is promised of oxagent, and which figures tell:
//   name, summary
//   promise        what must hold of oxagent; Node's own agent is measured beside it
//   requests       how many requests a way takes, unless the command line says otherwise; absent
//                  where the number is part of the fault
//   ways           the ways in which it is done: { name, secure, ... }
//   clients        who is measured, where it is not CLIENTS of agents.js
//   rounds         how often, in turns (once, when absent); the medians are then reported
//   measure(client, way, { requests, seed })
//                  resolves with the figures of one client; rejects where there are none
//   broken(figures, others)
//                  what of the promise does not hold, as texts; `others` has the figures of the
//                  other clients by name
//   columns        the figures of the table: { head, of(figures), digits }
const all = [
  require('./close'),
  require('./queue'),
  require('./descriptors'),
  require('./slow-reader'),
  require('./million'),
  require('./workers'),
  require('./exit'),
  require('./process-exit'),
];

module.exports = Object.fromEntries(all.map((fault) => [fault.name, fault]));
