'use strict';

// The async context of a socket: what its events run in, for AsyncLocalStorage and async_hooks.
// Each request has one of its own. async_hooks shows it as it shows Node's: the same types, and
// each later one refers to the first.

const { AsyncResource } = require('node:async_hooks');

const { kAsyncId } = require('../node/async-id');

// Ended by us: a request that is done ends its scope, whoever still holds the object.
const OPTIONS = { requireManualDestroy: true };

// Whether the socket keeps the process alive by itself.
const kHasRef = Symbol('hasRef');

// What a tool that shows where resources were made sees of the stack before it sees the program.
const OWN_FRAMES = 10;

const kScope = Symbol('scope');
const kFirst = Symbol('first scope');
const kAttempt = Symbol('attempt');

class SocketScope extends AsyncResource {
  #socket;

  constructor(type, socket) {
    super(type, OPTIONS);
    this.type = type;
    this.isOver = false;
    this.#socket = socket;
  }

  // The connection's first scope, of a later one.
  get handle() {
    const first = this.#socket[kFirst]?.deref();
    return first === this ? undefined : first;
  }

  // As a handle of libuv's: tools ask it what keeps the process alive.
  hasRef() {
    return this.#socket[kScope] === this && this.#socket[kHasRef]();
  }
}

class Attempt extends AsyncResource {
  constructor(type, options) {
    super(type, options);
    this.type = type;
  }
}

function initScope(socket) {
  socket[kScope] = null;
  // Weakly: it holds a request's context, which is not to outlive the request for this.
  socket[kFirst] = null;
  socket[kAttempt] = null;
}

// `type`: TLSWRAP, TCPWRAP, PIPEWRAP.
function openScope(socket, type) {
  const limit = Error.stackTraceLimit;
  // It may be none of ours to write.
  const isDeeper = Number.isFinite(limit) && limit > 0 && setLimit(limit + OWN_FRAMES);
  enter(socket, new SocketScope(type, socket));
  if (isDeeper) setLimit(limit);
}

function setLimit(frames) {
  return Reflect.set(Error, 'stackTraceLimit', frames);
}

// For the next request.
function renewScope(socket) {
  const former = socket[kScope];
  former.emitDestroy();
  socket[kFirst] ??= new WeakRef(former);
  enter(socket, new SocketScope(former.type, socket));
}

// The connection's first scope was opened in a context that was not its own: this one is.
function moveScope(socket, former) {
  if (socket[kScope] !== former || former.isOver) return;
  former.emitDestroy();
  openScope(socket, former.type);
}

function enter(socket, scope) {
  socket[kScope] = scope;
  socket[kAsyncId] = scope.asyncId();
}

// The socket has closed; `last` is what is left to do in its context.
function closeScope(socket, last) {
  socket[kScope].runInAsyncScope(last);
  endScope(socket);
}

function endScope(socket) {
  closeAttempt(socket);
  // There is none where a signal forbade the connection.
  if (socket[kScope] === null) return;
  socket[kScope].isOver = true;
  socket[kScope].emitDestroy();
}

// The lookup has a resource too, and the connecting to one address.
function openAttempt(socket, type) {
  closeAttempt(socket);
  socket[kAttempt] = new Attempt(type, { ...OPTIONS, triggerAsyncId: socket[kAsyncId] });
}

// The type of what is being done for the connection now.
function attemptOf(socket) {
  return socket[kAttempt]?.type;
}

function closeAttempt(socket) {
  socket[kAttempt]?.emitDestroy();
  socket[kAttempt] = null;
}

// What comes of it. Without an attempt nothing was tried: a name that is none, say.
function concludeAttempt(socket, conclude) {
  const attempt = socket[kAttempt];
  if (attempt === null) {
    conclude();
    return;
  }
  socket[kAttempt] = null;
  try {
    attempt.runInAsyncScope(conclude);
  } finally {
    attempt.emitDestroy();
  }
}

module.exports = {
  attemptOf,
  closeAttempt,
  closeScope,
  concludeAttempt,
  endScope,
  initScope,
  kHasRef,
  kScope,
  moveScope,
  openAttempt,
  openScope,
  renewScope,
};
