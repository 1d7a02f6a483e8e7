'use strict';

// A server that answers, or resets, while the request is still being sent: what it has said
// arrives, and a reset is never taken for the end of an answer.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { pki } = require('./support/certificates');
const { cleanUp, gone, rawServer, signal } = require('./support/peer');
const { agentWith, differs } = require('./support/agent');
const { httpsAgentWith } = require('./support/https-agent');

// More than the buffers of both ends of a connection hold together.
const WRITES = 64;
const WRITE_BYTES = 256 << 10;

const WAYS = ['http', 'a Unix socket', 'TLSv1.2', 'TLSv1.3'];

function isSecure(way) {
  return way.startsWith('TLS');
}

// What the server says before it goes, by the framing of its answer.
const ANSWERS = {
  'that its end delimits': 'HTTP/1.1 200 OK\r\n\r\nhalf',
  'with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
  'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
};

// A server that reads nothing after the first bytes of a request. `script(socket, reset)` plays it:
// `reset()` drops the connection, and what has come unread makes the kernel say so.
async function deafServer(way, script) {
  const { server: identity } = await pki();
  const where =
    way === 'a Unix socket'
      ? { path: path.join(os.tmpdir(), `early-${process.pid}-${Math.random()}`) }
      : undefined;
  return rawServer((raw) => {
    const options = { isServer: true, key: identity.key, cert: identity.chain };
    const socket = isSecure(way)
      ? new tls.TLSSocket(raw, { ...options, minVersion: way, maxVersion: way })
      : raw;
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      raw.pause();
      script(socket, () => (where ? raw.destroy() : raw.resetAndDestroy()));
    });
  }, where);
}

function post(way, server, options) {
  const own = { keepAlive: true, rejectUnauthorized: false };
  const agent = isSecure(way) ? httpsAgentWith(own) : agentWith(own);
  const address = server.server.address();
  const where =
    typeof address === 'string'
      ? { socketPath: address }
      : { host: '127.0.0.1', port: address.port };
  const req = (isSecure(way) ? https : http).request({
    method: 'POST',
    agent,
    ...where,
    ...options,
  });
  gone(req);
  return req;
}

// All that the program hears of a request, until it has closed.
async function outcome(req) {
  const heard = { status: null, text: '', ended: false, broken: null, error: null };
  req.on('error', (error) => {
    heard.error = error;
  });
  req.on('response', (res) => {
    heard.status = res.statusCode;
    res.on('data', (chunk) => {
      heard.text += chunk;
    });
    res.on('end', () => {
      heard.ended = true;
    });
    res.on('error', (error) => {
      heard.broken = error.code;
    });
  });
  await gone(req);
  return heard;
}

function writeBody(req) {
  const chunk = Buffer.alloc(WRITE_BYTES, 'u');
  for (let i = 0; i < WRITES; i++) req.write(chunk);
}

describe('a reset while the request is being sent', () => {
  afterEach(cleanUp);

  for (const way of WAYS) {
    it(`over ${way}, before any answer, is ECONNRESET of read`, async () => {
      const server = await deafServer(way, (_, reset) => reset());
      const req = post(way, server);
      const heard = outcome(req);
      writeBody(req);
      const { error, status } = await heard;
      assert.equal(status, null);
      assert.equal(error.message, 'read ECONNRESET');
    });

    for (const [framing, answer] of Object.entries(ANSWERS)) {
      it(`over ${way}, in the midst of an answer ${framing}, is no end of it`, async () => {
        const answered = signal();
        const server = await deafServer(way, (socket, reset) => {
          socket.write(answer);
          answered.then(reset);
        });
        const req = post(way, server);
        req.once('response', (res) => res.once('data', answered.give));
        const heard = outcome(req);
        writeBody(req);
        const { error, text, ended, broken } = await heard;
        assert.equal(error?.message, 'read ECONNRESET');
        assert.equal(text, 'half');
        // The parser takes any end for that of a body without a length; the request's error says
        // what has happened.
        assert.equal(ended, framing === 'that its end delimits');
        assert.equal(broken, ended ? null : 'ECONNRESET');
      });
    }
  }
});

describe('an answer that comes while the request is being sent', () => {
  afterEach(cleanUp);

  const REFUSAL = 'HTTP/1.1 413 Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big';

  for (const way of WAYS) {
    for (const body of ['one Buffer', 'one string', 'many writes']) {
      it(`over ${way} arrives before the reset that follows it: ${body}`, async () => {
        const server = await deafServer(way, (socket, reset) => socket.write(REFUSAL, reset));
        for (let round = 0; round < 8; round++) {
          const req = post(way, server);
          const heard = outcome(req);
          if (body === 'one Buffer') req.end(Buffer.alloc(3_000_000, 'u'));
          else if (body === 'one string') req.end('u'.repeat(3_000_000));
          else writeBody(req);
          const { status, text } = await heard;
          assert.equal(status, 413);
          assert.equal(text, 'too big');
        }
      });
    }
  }
});

describe('an answer that is whole before its request is', () => {
  afterEach(cleanUp);

  const LENGTH = WRITES * WRITE_BYTES;
  const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  for (const way of WAYS) {
    const waits = differs("Node's client takes its 'drain' listener away");
    waits(`over ${way} stops neither the upload nor the next request`, async () => {
      const answered = signal();
      const server = await deafServer(way, (socket) => {
        socket.write(ANSWER);
        answered.then(() => {
          socket.on('data', (chunk) => {
            if (chunk.includes('GET /')) socket.write(ANSWER);
          });
          socket.resume();
        });
      });
      const headers = { 'content-length': LENGTH };
      const req = post(way, server, { headers });
      req.once('response', (res) => res.on('end', answered.give).resume());
      const finished = once(req, 'finish');
      const chunk = Buffer.alloc(WRITE_BYTES, 'u');
      for (let i = 0; i < WRITES; i++) if (!req.write(chunk)) await once(req, 'drain');
      req.end();
      await finished;
      await gone(req);
      assert.equal(req.socket.listenerCount('drain'), 0);

      const next = post(way, server, { agent: req.agent, method: 'GET' }).end();
      const { text } = await outcome(next);
      assert.equal(text, 'ok');
      assert.equal(next.socket, req.socket);
    });
  }
});
