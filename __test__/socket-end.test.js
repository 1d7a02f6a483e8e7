'use strict';

// Which of 'end', 'finish' and 'close' a socket emits when its server closes, and in which order.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const {
  agentWith,
  differs,
  dispose,
  get,
  getSecure,
  httpsAgentWith,
} = require('./support/https-agent');
const { closeServers, serveRaw } = require('./support/server');
const { serveRawTls } = require('./support/tls-server');

const CLOSE = 'HTTP/1.1 200 OK\r\nConnection: close\r\n';
const ANSWERS = {
  'a length': `${CLOSE}Content-Length: 2\r\n\r\nhi`,
  chunks: `${CLOSE}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'its end': `${CLOSE}\r\nhi`,
  'no body': 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi',
};

async function eventsOf(req) {
  const events = [];
  req.on('response', (res) => res.resume());
  const [socket] = await once(req, 'socket');
  for (const event of ['end', 'finish', 'error', 'close']) {
    socket.on(event, () => events.push(event));
  }
  await once(socket, 'close');
  return events;
}

describe('The end of a connection that is not kept', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const keepAlive of [true, false]) {
    for (const [framing, text] of Object.entries(ANSWERS)) {
      it(`an answer framed by ${framing}, keepAlive ${keepAlive}`, async () => {
        const site = await serveRaw((socket) => socket.once('data', () => socket.end(text)));
        const expected = framing === 'its end' ? ['end', 'close'] : ['finish', 'close'];
        const agent = agentWith({ keepAlive });
        for (let i = 0; i < 5; i++) {
          assert.deepEqual(await eventsOf(get({ port: site.port, agent })), expected);
        }
      });
    }
  }

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    differs('its TLS may have read the end with the last bytes')(maxVersion, async () => {
      const site = await serveRawTls({ maxVersion }, (socket) => {
        socket.once('data', () => socket.end(ANSWERS['a length']));
      });
      const agent = httpsAgentWith({ rejectUnauthorized: false });
      for (let i = 0; i < 5; i++) {
        const req = getSecure({ port: site.port, agent });
        assert.deepEqual(await eventsOf(req), ['finish', 'close']);
      }
    });
  }
});
