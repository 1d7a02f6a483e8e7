'use strict';

// oxagent's classes and agents where Node has its own, for a program that knows nothing of them.
// They are loaded and made when one of them is asked for: a program without HTTP does without.

const http = require('node:http');
const https = require('node:https');
const { syncBuiltinESMExports } = require('node:module');

const { PLACES, putClasses } = require('../node/agent-places');

// `options` are given to both global agents, over those that Node has made its own with.
function installGlobally(options) {
  const nodesOwn = PLACES.map(([module, name]) => Object.getOwnPropertyDescriptor(module, name));
  const load = () => {
    for (const [i, [module, name]] of PLACES.entries()) {
      Object.defineProperty(module, name, nodesOwn[i]);
    }
    replace(options);
  };
  for (const [module, name] of PLACES) {
    Object.defineProperty(module, name, {
      get() {
        load();
        return module[name];
      },
      set(value) {
        load();
        module[name] = value;
      },
      enumerable: true,
      configurable: true,
    });
  }
  // `import { Agent } from 'node:http'` gives a copy, which is made anew by this where there is
  // one.
  syncBuiltinESMExports();
}

function replace(options) {
  const { Agent } = require('../agent/agent');
  const { HttpsAgent } = require('../agent/https-agent');

  http.globalAgent = new Agent({ ...http.globalAgent.options, ...options });
  https.globalAgent = new HttpsAgent({ ...https.globalAgent.options, ...options });
  putClasses(Agent, HttpsAgent);
}

module.exports = { installGlobally };
