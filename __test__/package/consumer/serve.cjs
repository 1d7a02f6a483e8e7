'use strict';

const oxagent = require('oxagent');
const { exercise } = require('./exercise.cjs');

exercise(oxagent);
