'use strict';

// node --import oxagent/register app.js

const process = require('node:process');

// First, before a program replaces any of it.
require('./lib/node/originals');

const { installGlobally } = require('./lib/register/global-agents');
const { readGlobalOptions } = require('./lib/register/global-options');

// An addon that does not load is to stop the program here, not at its first request.
require('./lib/bridge/native');

installGlobally(readGlobalOptions(process.env));
