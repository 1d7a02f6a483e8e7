'use strict';

// How a program gives needle an agent.

// It takes one agent, for the redirects too.
const chosenOf = (agents, url) => (url.startsWith('https:') ? agents.https : agents.http);

module.exports = {
  load: () => require('needle'),

  async request(needle, url, { agents, method, body, timeout, signal }) {
    const answer = await needle(method, url, body, {
      agent: chosenOf(agents, url),
      signal,
      response_timeout: timeout,
      compressed: true,
      follow_max: 5,
      follow_keep_method: true,
      parse_response: false,
      decode_response: false,
    });
    return { status: answer.statusCode, body: Buffer.from(answer.body) };
  },

  stream: async (needle, url, { agents }) => needle.get(url, { agent: chosenOf(agents, url) }),

  timedOut: { code: 'ECONNRESET', message: 'socket hang up' },
  aborted: { name: 'AbortError', code: 'ABORT_ERR' },
  crosses: false,
};
