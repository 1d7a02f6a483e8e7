'use strict';

// How a program gives node-fetch 3 agents.

const { fetching } = require('./node-fetch-2');

module.exports = {
  ...fetching,

  // It is an ES module.
  load: async () => (await import('node-fetch')).default,
};
