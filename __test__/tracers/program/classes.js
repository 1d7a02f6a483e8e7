'use strict';

const path = require('node:path');

// oxagent's classes where the environment's AGENT is 'exports', else those that Node's modules
// export.
function classesOf({ http, https }) {
  if (process.env.AGENT !== 'exports') return { Agent: http.Agent, HttpsAgent: https.Agent };
  return require(path.join(__dirname, '..', '..', '..'));
}

module.exports = { classesOf };
