'use strict';

// How a program gives superagent an agent.

const { PassThrough } = require('node:stream');
const { once } = require('node:events');

// It takes one agent, for the redirects too.
const chosenOf = (agents, url) => (url.startsWith('https:') ? agents.https : agents.http);

module.exports = {
  load: () => require('superagent'),

  async request(superagent, url, { agents, method, body, timeout, signal }) {
    const made = superagent(method, url).agent(chosenOf(agents, url)).responseType('blob');
    if (timeout) made.timeout({ response: timeout });
    signal?.addEventListener('abort', () => {
      // Not given back: it is a thenable, whose rejection nobody would see to.
      made.abort();
    });
    if (body?.pipe) {
      const answered = once(made, 'response');
      body.pipe(made);
      const [answer] = await answered;
      return { status: answer.status, body: answer.body };
    }
    // Bytes are not for its serializers.
    if (body) made.type('application/octet-stream').send(body);
    const { status, body: received } = await made;
    return { status, body: received };
  },

  stream: async (superagent, url, { agents }) =>
    superagent.get(url).agent(chosenOf(agents, url)).pipe(new PassThrough()),

  timedOut: { code: 'ECONNABORTED', errno: 'ETIMEDOUT' },
  aborted: { code: 'ABORTED' },
  crosses: false,
};
