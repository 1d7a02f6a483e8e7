'use strict';

// Whether received bytes go into Node's HTTP parser and nowhere else. Where the parser copies what
// it hands on, the memory below them can be filled again at once; whoever else may see them gets a
// copy of their own, with an ArrayBuffer that may be transferred and that holds nobody else's
// bytes.

const { isBuiltin } = require('node:module');
const net = require('node:net');

const { copiesInput } = require('./parser-copies');
const { isNodesOwn } = require('./source-phrase');

const { emit, push } = net.Socket.prototype;
// Where one of them was replaced before, whoever did that may see every chunk.
const areNodes =
  isNodesOwn(emit, { node: 'doError' }) && isNodesOwn(push, { node: 'readableAddChunk' });

// Node's own listener, known once it has been seen: every request has the same one.
let socketOnData = null;

// The `execute` of Node's parser, where it copies.
const execute = areNodes ? copyingExecute() : null;

// Whether `push` will give the next chunk to the parser now, and to it alone.
function isForParserAlone(socket) {
  const req = socket._httpMessage;
  const { parser } = socket;
  if (!req || !parser || !areNodes) return false;
  const listener = socket._events.data;
  if (listener !== socketOnData && !isSocketOnData(listener)) return false;
  if (execute === null || parser.execute !== execute) return false;
  const state = socket._readableState;
  return (
    // What is not taken at once would be kept.
    state.flowing &&
    state.length === 0 &&
    !state.sync &&
    socket.emit === emit &&
    socket.push === push &&
    // These get the rest of what the parser did not take.
    req.method !== 'CONNECT' &&
    req.listenerCount('upgrade') === 0
  );
}

// Whether a chunk that was for the parser alone may be in the program's hands after all: an error
// of the parser shows it, and so does an upgrade that nobody had foreseen.
function mayHaveEscaped(socket) {
  return socket.destroyed || !socket._httpMessage;
}

function isSocketOnData(listener) {
  if (typeof listener !== 'function' || listener.name !== 'socketOnData') return false;
  socketOnData ??= listener;
  return listener === socketOnData;
}

function copyingExecute() {
  const name = 'node:_http_common';
  const { HTTPParser } = isBuiltin(name) ? require(name) : {};
  const method = HTTPParser?.prototype?.execute;
  // One in JavaScript keeps what it got, until it is asked for it.
  return isNative(method) && copiesInput(HTTPParser) ? method : null;
}

function isNative(method) {
  return (
    typeof method === 'function' &&
    Function.prototype.toString.call(method).includes('[native code]')
  );
}

module.exports = { isForParserAlone, mayHaveEscaped };
