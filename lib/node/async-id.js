'use strict';

// The id under which async_hooks knows a socket. Node's own code keeps it on the socket, and names
// it as the trigger of what the socket brings about; -1 while no request holds it.

const net = require('node:net');

const kAsyncId =
  Object.getOwnPropertySymbols(new net.Socket()).find(
    ({ description }) => description === 'async_id_symbol',
  ) ?? Symbol('asyncId');

const NO_ASYNC_ID = -1;

// What async_hooks shows as the resource of a handle that serves its next request.
class ReusedHandle {
  constructor(type, handle) {
    this.type = type;
    this.handle = handle;
  }
}

// A program's stream may have a handle of Node's: it gets a new id for each request, as in Node.
function renewHandle(socket) {
  const handle = socket._handle;
  if (typeof handle?.asyncReset !== 'function') return;
  handle.asyncReset(new ReusedHandle(handle.getProviderType(), handle));
  socket[kAsyncId] = handle.getAsyncId();
}

module.exports = { NO_ASYNC_ID, kAsyncId, renewHandle };
