'use strict';

// Servers that answer slowly, or begin to and stop: a timeout acts where one is set, the request
// ends as with Node's own agent, and its place is free again.

const assert = require('node:assert/strict');
const { dispose } = require('./support/agent');
const { SCHEMES, onRequests, sameEnding } = require('./support/ending');
const { closeServers } = require('./support/server');
const { between } = require('./support/tls-middle');
const { serveTls } = require('./support/tls-server');

// Milliseconds between two bytes of a slow answer.
const PACE = 100;

// Milliseconds of silence that a test waits for: more than a handshake takes on a busy machine.
const SILENCE = 500;

const SLOW = 'HTTP/1.1 200 OK\r\n\r\nhello';

const STALLS = {
  'before its answer': '',
  'within the status line': 'HTTP/1.1 20',
  'within a header': 'HTTP/1.1 200 OK\r\nContent-Le',
  'behind information': 'HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n',
  'behind the head': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n',
  'within a body with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
  'within a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf',
  'between chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'within its trailers': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ',
  'within a body up to the end': 'HTTP/1.0 200 OK\r\n\r\nhalf',
};

const TIMEOUTS = {
  "the agent's timeout": { agent: { timeout: SILENCE }, act: (req) => destroyOnTimeout(req) },
  "the request's timeout": { options: { timeout: SILENCE }, act: (req) => destroyOnTimeout(req) },
  setTimeout: { act: (req) => destroyOnTimeout(req.setTimeout(SILENCE)) },
  'setTimeout with an error': {
    act: (req) => req.setTimeout(SILENCE, () => req.destroy(new Error('too slow'))),
  },
  'a signal that times out': { options: () => ({ signal: AbortSignal.timeout(SILENCE) }) },
};

function destroyOnTimeout(req) {
  req.on('timeout', () => req.destroy());
}

// The scheme whose requests are told what to do when they are made.
function acting(scheme, { options, act }) {
  const get = (all) => {
    const req = scheme.get({ ...all, ...(typeof options === 'function' ? options() : options) });
    act?.(req);
    return req;
  };
  return { ...scheme, get };
}

// The requests wait for their timeouts together.
async function eachTimeout(ended) {
  const all = Object.entries(TIMEOUTS).map(async ([what, timeout]) => {
    const { error, broken } = await ended(timeout);
    assert.ok(error || broken, `${what}: the request or its answer has failed`);
  });
  await Promise.all(all);
}

for (const [name, scheme] of Object.entries(SCHEMES)) {
  describe(`a slow server (${name})`, () => {
    afterEach(dispose);
    afterEach(closeServers);

    // A byte every 100 ms; the connection ends with the answer.
    const slowly = onRequests((socket) => {
      const bytes = [...SLOW];
      const timer = setInterval(() => {
        if (bytes.length > 0) socket.write(bytes.shift());
        else socket.end();
      }, PACE);
      socket.on('close', () => clearInterval(timer));
    });

    it('of one byte every 100 ms is heard to the end: a timeout is for silence', async () => {
      const site = await scheme.serve(slowly);
      const started = acting(scheme, { options: { timeout: 20 * PACE }, act: destroyOnTimeout });
      const { body, complete } = await sameEnding(started, site.port);
      assert.equal(body, 'hello');
      assert.equal(complete, true);
    });

    it('of one byte every 100 ms ends when its time is over', async () => {
      const site = await scheme.serve(slowly);
      const limited = acting(scheme, TIMEOUTS['a signal that times out']);
      const { error } = await sameEnding(limited, site.port);
      assert.equal(error.code, 'ABORT_ERR');
    });

    for (const [where, begin] of Object.entries(STALLS)) {
      it(`that stalls ${where} is ended by each timeout as with Node's agent`, async () => {
        const site = await scheme.serve(
          onRequests((socket) => {
            if (begin) socket.write(begin);
          }),
        );
        await eachTimeout((timeout) =>
          sameEnding(acting(scheme, timeout), site.port, { agent: timeout.agent }),
        );
      });
    }
  });
}

describe('a server that stalls within a record of TLS', () => {
  afterEach(dispose);
  afterEach(closeServers);

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`is ended by each timeout as with Node's agent (${version})`, async () => {
      const site = await serveTls({ maxVersion: version }, (req, res) => {
        const asks = ({ server }) => server.localPort === req.socket.remotePort;
        middle.links.find(asks).answered = 0;
        res.end('the answer');
      });
      // From the request on, the client gets half of a record, and nothing more.
      const middle = await between(site.port, {
        fromServer({ bytes }, link) {
          if (link.answered === undefined) return bytes;
          return link.answered++ === 0 ? bytes.subarray(0, bytes.length / 2) : null;
        },
      });
      await eachTimeout(async (timeout) => {
        const scheme = acting(SCHEMES.https, timeout);
        const ended = await sameEnding(scheme, middle.port, { agent: timeout.agent });
        assert.equal(ended.statusCode, undefined);
        return ended;
      });
      assert.ok(middle.links.some(({ answered }) => answered > 0));
    });
  }
});
