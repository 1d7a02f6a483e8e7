'use strict';

// Ends itself while its requests are under way.

const fs = require('node:fs');

const { agentOf } = require('../agents');
const { startLoops } = require('../loops');

const { client, sites, asked, afterMs } = JSON.parse(process.argv[2]);

const agents = sites.map((site) => agentOf(client, site));
startLoops(agents, sites).then(() => {
  setTimeout(() => {
    fs.writeSync(1, 'exits');
    process.exit(asked);
  }, afterMs);
});
