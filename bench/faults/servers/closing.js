'use strict';

// Plays HTTP by hand, over TCP or TLS, and closes each connection after an answer.

const { once } = require('node:events');
const net = require('node:net');
const { TLSSocket, createSecureContext } = require('node:tls');

const { randomOf } = require('../../../__test__/support/random');
const { serveParent } = require('../../ipc');
const { makeCertificate } = require('../../servers/certificate');
const { SMALL_BODY, SMALL_BYTES } = require('../../servers/content');

const { secure, how, when, seed } = JSON.parse(process.argv[2]);

const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${SMALL_BYTES}\r\n\r\n${SMALL_BODY}`;
const LONGEST_MS = 5;

const random = randomOf(seed);
const posts = new Set();
let postsTwice = 0;
let connections = 0;

// TLS is closed by FIN with a close_notify before it. An RST is of the TCP connection: the socket
// over it has no method for that.
const CLOSE = {
  FIN: (socket) => socket.end(),
  RST: (_socket, tcp) => tcp.resetAndDestroy(),
}[how];

// Each is given the requests that a connection has had, what writes an answer, and what closes it.
// 'on the next request' closes at its first byte: see serve().
const SERVE = {
  'with the answer'({ count }, answer, close) {
    if (count === 1) answer(close);
  },
  'within 5 ms'({ count }, answer, close) {
    answer();
    if (count === 1) setTimeout(close, random.next() * LONGEST_MS);
  },
  'on the next request'({ count }, answer) {
    if (count === 1) answer();
  },
}[when];

function serve(socket, tcp) {
  connections += 1;
  const requests = { count: 0 };
  let text = '';
  const answer = (written) => {
    if (socket.writable) socket.write(ANSWER, written);
  };
  const close = () => CLOSE(socket, tcp);
  socket.on('error', () => {});
  tcp.on('error', () => {});
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    const isNext = when === 'on the next request' && requests.count === 1;
    // Also of what is not answered: it has arrived.
    for (let length = wholeLength(text); length > 0; length = wholeLength(text)) {
      countPost(text.slice(0, length));
      text = text.slice(length);
      requests.count += 1;
      SERVE(requests, answer, close);
    }
    if (isNext) close();
  });
}

function countPost(request) {
  const number = /^X-Post: (\d+)/im.exec(request)?.[1];
  if (number === undefined) return;
  if (posts.has(number)) postsTwice += 1;
  posts.add(number);
}

// Of the first request of a text, 0 where it is not whole.
function wholeLength(text) {
  const head = text.indexOf('\r\n\r\n') + 4;
  if (head < 4) return 0;
  const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + length ? head + length : 0;
}

async function listen() {
  const certificate = secure ? await makeCertificate() : null;
  const secureContext = secure ? createSecureContext(certificate) : null;
  const server = net.createServer({ noDelay: true }, (tcp) => {
    serve(secure ? new TLSSocket(tcp, { isServer: true, secureContext }) : tcp, tcp);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, ca: certificate?.ca };
}

serveParent({ ready: listen, seen: () => ({ connections, postsTwice }) });
