'use strict';

// package.json's overrides: the newest applicationinsights that runs on Node 20 takes others with it
// that don't; and two packages have a stand-in, as nothing loads them here: a command line (sentry)
// and what only customers of New Relic may use (@newrelic/security-agent).

const { ensureInstalled } = require('../../scripts/ensure-installed');

ensureInstalled(__dirname);
