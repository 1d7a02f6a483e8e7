'use strict';

// node --import oxagent/register app.js

const { readGlobalOptions } = require('./lib/global-options');
const { installGlobally } = require('./lib/global-agents');

installGlobally(readGlobalOptions(process.env));
