'use strict';

// The async context of a socket: what its events run in, for AsyncLocalStorage and async_hooks.
// Each request has one of its own. async_hooks shows it as it shows Node's: the same types, and
// each later one refers to the first.

const { AsyncResource } = require('node:async_hooks');

const { kAsyncId } = require('./async-id');

// Ended by us: a request that is done ends its scope, whoever still holds the object.
const OPTIONS = { requireManualDestroy: true };

const kScope = Symbol('scope');
const kFirst = Symbol('first scope');
const kAttempt = Symbol('attempt');

class SocketScope extends AsyncResource {
  #first;

  constructor(type, first) {
    super(type, OPTIONS);
    this.type = type;
    this.isOver = false;
    this.#first = first;
  }

  // The connection's first scope. It holds a request's context, which is not to outlive the request
  // for this.
  get handle() {
    return this.#first?.deref();
  }
}

function initScope(socket) {
  socket[kScope] = null;
  socket[kFirst] = null;
  socket[kAttempt] = null;
}

// `type`: TLSWRAP, TCPWRAP, PIPEWRAP.
function openScope(socket, type) {
  enter(socket, new SocketScope(type, null));
}

// For the next request.
function renewScope(socket) {
  const former = socket[kScope];
  former.emitDestroy();
  socket[kFirst] ??= new WeakRef(former);
  enter(socket, new SocketScope(former.type, socket[kFirst]));
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

// The connecting to one address has a resource too.
function openAttempt(socket, type) {
  closeAttempt(socket);
  socket[kAttempt] = new AsyncResource(type, { ...OPTIONS, triggerAsyncId: socket[kAsyncId] });
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
  closeAttempt,
  closeScope,
  concludeAttempt,
  endScope,
  initScope,
  kScope,
  moveScope,
  openAttempt,
  openScope,
  renewScope,
};
