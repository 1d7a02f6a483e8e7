'use strict';

// How a program gives follow-redirects agents.

const { once } = require('node:events');

function begin(followRedirects, url, options) {
  const { http, https } = followRedirects;
  return (url.startsWith('https:') ? https : http).request(url, options);
}

module.exports = {
  load: () => require('follow-redirects'),

  async request(followRedirects, url, { agents, method, body, timeout, signal }) {
    const req = begin(followRedirects, url, { agents, method });
    if (timeout) req.setTimeout(timeout, () => req.destroy(new Error('timed out')));
    signal?.addEventListener('abort', () => req.destroy(new Error('aborted')));
    if (body?.pipe) body.pipe(req);
    else req.end(body);
    const [res] = await once(req, 'response');
    const chunks = [];
    for await (const chunk of res) chunks.push(chunk);
    return { status: res.statusCode, body: Buffer.concat(chunks) };
  },

  async stream(followRedirects, url, { agents }) {
    const req = begin(followRedirects, url, { agents });
    req.end();
    const [res] = await once(req, 'response');
    return res;
  },

  timedOut: { message: 'timed out' },
  aborted: { message: 'aborted' },
  decompresses: false,
};
