'use strict';

const { Crossings } = require('./crossings');
const { Fairness } = require('./fairness');
const { Parking } = require('./parking');
const { Session } = require('./session');

function openSession(library, target) {
  const { crossings, parked, probes } = target.scenario;
  if (parked) return new Parking(library, target);
  if (crossings) return new Crossings(library, target);
  if (probes) return new Fairness(library, target);
  return new Session(library, target);
}

module.exports = { openSession };
