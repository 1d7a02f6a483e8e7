'use strict';

// Whether an HTTP parser copies what it hands on, found out by trying: Node's does since Node 20,
// and nothing promises that it will.

const { Buffer } = require('node:buffer');

// More than V8 keeps within a Buffer's own object, which is copied for every call.
const MEMORY_BYTES = 4096;

// One answer in pieces, cut where the parser has to remember what came before.
const BODY = ['first'.repeat(100), 'second'.repeat(100)];
const PIECES = [
  'HTTP/1.1 200 Fi',
  'ne\r\nx-pro',
  'be: va',
  'lue\r\nTransfer-Encoding: chunked\r\n\r\n',
  `${(BODY[0].length + BODY[1].length).toString(16)}\r\n${BODY[0]}`,
  `${BODY[1]}\r\n0\r\nx-trai`,
  'ler: end\r\n\r\n',
];

const EXPECTED = [
  ...['Fine', 'x-probe', 'value', 'Transfer-Encoding', 'chunked'],
  ...BODY,
  ...['x-trailer', 'end'],
];

// Feeds it from one memory that is filled anew for each piece, and looks at all that it gave out
// when the last one is gone.
function copiesInput(HTTPParser) {
  const memory = Buffer.alloc(MEMORY_BYTES);
  const given = [];
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.RESPONSE, {});
  parser[HTTPParser.kOnHeaders | 0] = (headers) => given.push(...headers);
  parser[HTTPParser.kOnHeadersComplete | 0] = (...args) => {
    const [, , headers, , , , statusMessage] = args;
    given.push(statusMessage, ...headers);
  };
  parser[HTTPParser.kOnBody | 0] = (...parts) => given.push(...parts);
  parser[HTTPParser.kOnMessageComplete | 0] = () => {};
  const isRead = PIECES.every((piece) => {
    const input = memory.subarray(0, memory.latin1Write(piece));
    const isTaken = parser.execute(input) === piece.length;
    memory.fill('#');
    return isTaken;
  });
  parser.free();
  parser.close();
  return isRead && given.length === EXPECTED.length && given.every(isAsExpected);
}

function isAsExpected(value, i) {
  return (Buffer.isBuffer(value) ? value.latin1Slice() : value) === EXPECTED[i];
}

module.exports = { copiesInput };
