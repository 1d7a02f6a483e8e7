'use strict';

// Brings the peers of the comparison into bench/node_modules.

const installed = require('../scripts/ensure-installed');

const ensureInstalled = () => installed.ensureInstalled(__dirname);
const installedVersion = (name) => installed.installedVersion(__dirname, name);

module.exports = { ensureInstalled, installedVersion };
