'use strict';

// How a program gives node-fetch 2 agents; version 3 takes them the same way.

// For each URL that a redirect leads to.
const chosenOf = (agents) => (url) => agents[url.protocol.slice(0, -1)];

const fetching = {
  async request(fetch, url, { agents, method, body, timeout, signal }) {
    const agent = chosenOf(agents);
    const answer = await fetch(url, { agent, method, body, timeout, signal });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  },

  stream: async (fetch, url, { agents }) => (await fetch(url, { agent: chosenOf(agents) })).body,

  aborted: { name: 'AbortError', type: 'aborted' },
};

module.exports = {
  ...fetching,
  fetching,
  load: () => require('node-fetch-2'),
  timedOut: { name: 'FetchError', type: 'request-timeout' },
};
