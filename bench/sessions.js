'use strict';

const { Parking } = require('./parking');
const { Session } = require('./session');

function openSession(library, target) {
  return target.scenario.parked ? new Parking(library, target) : new Session(library, target);
}

module.exports = { openSession };
