'use strict';

// How a program gives axios agents.

module.exports = {
  load: () => require('axios'),

  async request(axios, url, { agents, method, body, timeout, signal }) {
    const { status, data } = await axios({
      url,
      method,
      data: body,
      timeout,
      signal,
      httpAgent: agents.http,
      httpsAgent: agents.https,
      responseType: 'arraybuffer',
    });
    return { status, body: data };
  },

  async stream(axios, url, { agents }) {
    const own = { httpAgent: agents.http, httpsAgent: agents.https };
    return (await axios.get(url, { ...own, responseType: 'stream' })).data;
  },

  timedOut: { name: 'AxiosError', code: 'ECONNABORTED' },
  aborted: { name: 'CanceledError', code: 'ERR_CANCELED' },
};
