'use strict';

// The connection under a socket: its id on the I/O thread, its place in the async context, and what
// JavaScript knows of its state.

const { channel } = require('node:diagnostics_channel');
const net = require('node:net');
const { addAbortSignal } = require('node:stream');

const { command, connect, flush, hold, release } = require('../bridge/commands');
const { forget, open } = require('../bridge/events');
const { Op } = require('../bridge/protocol');
const { nextTick, setImmediate } = require('../node/originals');
const { startTime } = require('../node/perf-entries');
const { bytesDispatched, setHost } = require('../node/socket-fields');
const { tellsOfPlainAlone } = require('../node/version');
const { kJudged, lookUp, tell } = require('./lookup');
const { initScope, kScope, openAttempt, openScope, renewScope } = require('./scope');

const NO_CONNECTION = -1;

// The low bits of the gate's epoch, which come with received data.
const EPOCH_MASK = 0xffff;

const clientSocketChannel = channel('net.client.socket');

const kConn = Symbol('connection');
const kEpoch = Symbol('epoch');
// When what is being done for the connection began, for whoever observes that.
const kStartTime = Symbol('startTime');
const kParked = Symbol('parked');
const kPlan = Symbol('plan');
const kBegun = Symbol('begun');
// Whether the connection's last event has come.
const kOver = Symbol('over');
const kReading = Symbol('reading');
const kRefed = Symbol('refed');
const kHolding = Symbol('holding');

// Copies of a socket that a program makes have no connection and get none: what they do would reach
// the socket's.
function giveNone(prototype) {
  Object.defineProperty(prototype, kConn, { get: () => NO_CONNECTION, set() {} });
}

function initConnection(socket) {
  Object.defineProperty(socket, kConn, { value: NO_CONNECTION, writable: true });
  socket[kEpoch] = 0;
  socket[kStartTime] = undefined;
  socket[kParked] = false;
  initScope(socket);
  socket[kPlan] = null;
  socket[kBegun] = false;
  socket[kOver] = false;
  socket[kReading] = false;
  socket[kRefed] = true;
  socket[kHolding] = false;
  socket[kJudged] = false;
}

// A socket that `make` makes of its options, and whose connection has begun.
function openSocket(make, options, plan, secure) {
  // Before Node 24 the request listens to its socket only in the next tick: an error of a signal
  // that was aborted before must wait for it.
  const aborted = options.signal?.aborted;
  const socket = make(aborted ? { ...options, signal: undefined } : options);
  if (options.timeout) socket.setTimeout(options.timeout);
  return aborted ? abortLater(socket, options.signal) : connectTo(socket, plan, secure);
}

// Begins the connection of a plan (see ./connect-plan.js), with TLS over it where `secure` says how
// (see ../tls/plan.js).
function connectTo(socket, plan, secure = null) {
  if (clientSocketChannel.hasSubscribers && !(secure && tellsOfPlainAlone)) {
    clientSocketChannel.publish({ socket });
  }
  socket.connecting = true;
  socket[kPlan] = plan;
  const { path } = plan.request;
  openScope(socket, secure ? 'TLSWRAP' : path ? 'PIPEWRAP' : 'TCPWRAP');
  if (path) openAttempt(socket, 'PIPECONNECTWRAP');
  if (plan.several) socket.autoSelectFamilyAttemptedAddresses = [];
  if (plan.dialled === null) setHost(socket, plan.host);
  socket[kConn] = open(socket);
  if (!plan.lookup && !plan.blockList) {
    if (plan.dialled === null) {
      socket[kStartTime] = startTime();
      openAttempt(socket, 'GETADDRINFOREQWRAP');
    }
    if (path) {
      // As with libuv, at once: a folder or a path that the program changes next changes nothing.
      connectNow(socket, plan.request, secure);
      later(announce, socket, path);
    } else {
      beginLater(socket, plan.request, secure);
    }
    return socket;
  }
  try {
    lookUp(socket, plan, (request) => beginLater(socket, request, secure));
  } catch (error) {
    // The program's function has thrown: nobody gets the socket, which has a timer and an id.
    socket.destroy();
    throw error;
  }
  return socket;
}

// The second tick from here is behind the 'socket' event of the request that the connection is made
// for: who has a say in its addresses listens by then.
function later(act, ...args) {
  nextTick(() => nextTick(act, ...args));
}

function beginLater(socket, request, secure) {
  // It may take the place of one that closes in this tick: the process is told of neither.
  setHolding(socket, socket[kRefed]);
  later(begin, socket, request, secure);
}

function begin(socket, request, secure) {
  if (!socket.connecting) return;
  // The addresses of a name are announced when they are known, and where the near end may forbid
  // one, when it does not.
  const { addresses, port } = request;
  if (addresses && !bindsFirst(request)) announce(socket, addresses[0], port);
  if (socket.connecting) connectNow(socket, request, secure);
}

// Whether the near end is the program's choice.
function bindsFirst({ localAddress, localPort }) {
  return Boolean(localAddress || localPort);
}

function connectNow(socket, request, secure) {
  socket[kBegun] = true;
  setHolding(socket, socket[kRefed]);
  connect(socket[kConn], request, secure);
}

// The program hears of an address before it is dialed.
function announce(socket, address, port) {
  if (!socket.connecting) return;
  if (port === undefined) {
    tell(socket, 'connectionAttempt', address);
    return;
  }
  socket[kStartTime] = startTime();
  openAttempt(socket, 'TCPCONNECTWRAP');
  if (socket[kPlan].several) socket.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
  tell(socket, 'connectionAttempt', address, port, net.isIP(address));
}

// The socket has no connection from here on. Closed at once, as a handle of libuv's closes: what the
// program does next must find it closed.
function giveUp(socket, op = Op.CLOSE) {
  const conn = socket[kConn];
  if (conn === NO_CONNECTION) return;
  socket[kConn] = NO_CONNECTION;
  const isLeft = socket[kBegun] && !socket[kOver];
  socket[kOver] = false;
  if (isLeft) command(op, conn);
  flush();
  if (!isLeft) forget(conn);
}

// A new request holds the socket from here on. The connection's gate has counted it too, unless
// nothing was sent by those before it: then it is the first.
function claim(socket) {
  if (isUsed(socket)) socket[kEpoch] = (socket[kEpoch] + 1) & EPOCH_MASK;
  renewScope(socket);
}

// Whether anything was written on its connection.
function isUsed(socket) {
  return bytesDispatched(socket) > 0;
}

// Whether the socket is ours, whatever has become of its connection.
function isOurs(socket) {
  return socket[kConn] !== undefined;
}

function isCopy(value) {
  return value instanceof Object && isOurs(value) && !Object.hasOwn(value, kConn);
}

// In the async context of the request that holds the socket, or has held it last.
function inScope(socket, action) {
  socket[kScope].runInAsyncScope(action);
}

// What the pool calls the connection; negative where there is none any more.
function connectionOf(socket) {
  return socket[kConn];
}

// A parked connection is always read, as its end must be seen.
function listen(socket) {
  if (!socket[kReading] && isOpen(socket)) setReading(socket, true);
}

function setReading(socket, on) {
  socket[kReading] = on;
  command(on ? Op.RESUME : Op.PAUSE, socket[kConn]);
}

function setHolding(socket, on) {
  if (socket[kHolding] === on) return;
  socket[kHolding] = on;
  if (on) hold();
  else release();
}

// The socket of a connection that the program's signal forbids.
function abortLater(socket, signal) {
  socket.connecting = true;
  setImmediate(() => addAbortSignal(signal, socket));
  return socket;
}

function isOpen(socket) {
  return socket[kConn] !== NO_CONNECTION && !socket.connecting;
}

module.exports = {
  NO_CONNECTION,
  announce,
  bindsFirst,
  claim,
  connectionOf,
  giveNone,
  giveUp,
  inScope,
  initConnection,
  isCopy,
  isOpen,
  isOurs,
  isUsed,
  kBegun,
  kConn,
  kEpoch,
  kOver,
  kParked,
  kPlan,
  kReading,
  kRefed,
  kScope,
  kStartTime,
  listen,
  openSocket,
  setHolding,
  setReading,
};
