'use strict';

// How a program gives got agents.

module.exports = {
  // It is an ES module.
  load: async () => (await import('got')).default,

  async request(got, url, { agents, method, body, timeout, signal }) {
    const answer = await got(url, {
      agent: agents,
      retry: { limit: 0 },
      method,
      body,
      signal,
      timeout: { response: timeout },
      responseType: 'buffer',
    });
    return { status: answer.statusCode, body: answer.body };
  },

  stream: async (got, url, { agents }) => got.stream(url, { agent: agents }),

  timedOut: { name: 'TimeoutError', code: 'ETIMEDOUT', event: 'response' },
  aborted: { name: 'AbortError', code: 'ERR_ABORTED' },
};
