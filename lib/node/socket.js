'use strict';

// Inside a socket of Node's, in Node 20 to 26: what no documented property tells.

const net = require('node:net');

// A libuv handle's classes have these names and no source.
const HANDLES = ['TCP', 'Pipe'];
const NO_SOURCE = '[native code]';

// Where a socket keeps what was asked of it before it had connected.
const SETTINGS = {
  noDelay: 'kSetNoDelay',
  keepAlive: 'kSetKeepAlive',
  delaySecs: 'kSetKeepAliveInitialDelay',
  intervalSecs: 'kSetKeepAliveInterval',
  probes: 'kSetKeepAliveCount',
  typeOfService: 'kSetTOS',
};

/** The libuv handle that carries the socket alone; null where it has none, or a mock's. */
function libuvHandle(socket) {
  const handle = socket._handle;
  if (!handle || isUnderTls(handle)) return null;
  // That of TLS lies over it, and may lie over another socket's.
  const carrier = handle._parentWrap ? null : (handle._parent ?? handle);
  return isLibuvs(carrier) ? carrier : null;
}

// A TLS socket that lies over another's handle has made this property its own.
function isUnderTls(handle) {
  return Object.getOwnPropertyDescriptor(handle, 'reading')?.get !== undefined;
}

function isLibuvs(handle) {
  const Handle = handle?.constructor;
  return (
    typeof Handle === 'function' &&
    HANDLES.includes(Handle.name) &&
    Object.getPrototypeOf(handle) === Handle.prototype &&
    Function.prototype.toString.call(Handle).includes(NO_SOURCE)
  );
}

/** 'TCP' or 'Pipe'. */
function kindOf(handle) {
  return handle.constructor.name;
}

/** Whether the connection is as the kernel has made it: nothing was written, and nobody reads. */
function isUnused(handle) {
  return handle.fd >= 0 && !handle.reading && handle.bytesRead === 0 && handle.bytesWritten === 0;
}

/** What was asked of the socket while it was connecting. */
function settingsOf(socket) {
  const settings = {};
  const symbols = Object.getOwnPropertySymbols(socket);
  for (const [name, description] of Object.entries(SETTINGS)) {
    const key = symbols.find((symbol) => symbol.description === description);
    settings[name] = key && socket[key];
  }
  return settings;
}

/** Reads both ends from the system, so that the socket knows them without its handle. */
function learnEnds(socket) {
  const { _getpeername, _getsockname } = net.Socket.prototype;
  _getpeername.call(socket);
  _getsockname.call(socket);
}

/** Has the socket's timer, which Node has set, ask the socket as it is by now. */
function renewTimer(socket) {
  const key = Object.getOwnPropertySymbols(socket).find(isTimer);
  const timer = key && socket[key];
  // A new one would run in another async context.
  if (timer) timer._onTimeout = () => socket._onTimeout();
}

function isTimer({ description }) {
  return description === 'timeout';
}

/**
 * The socket has its handle no more. Whoever else holds the connection goes on. `whenClosed` is
 * called in the handle's own async context, in which Node tells of what comes over it.
 */
function giveUpHandle(socket, whenClosed) {
  const handle = socket._handle;
  // What TLS has over it ends too.
  handle.close(whenClosed);
  socket._handle = null;
}

module.exports = {
  giveUpHandle,
  isUnused,
  kindOf,
  learnEnds,
  libuvHandle,
  renewTimer,
  settingsOf,
};
