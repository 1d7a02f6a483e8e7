'use strict';

// The entries 'net' and 'dns' of perf_hooks, for the program's PerformanceObserver. Only code of
// Node's can make them: it does so where it is told that a handle has connected. It is told so
// here, of a stand-in for a socket.

const { channel } = require('node:diagnostics_channel');
const net = require('node:net');
const process = require('node:process');

const { runtime } = require('./runtime');

// Nobody can observe before it is loaded.
const PERF_HOOKS = 'NativeModule perf_hooks';

// Under this symbol Node's code looks for what the entry is to say.
const CONTEXT = 'kPerfHooksNetConnectContext';

const clientSocketChannel = channel('net.client.socket');

// What Node's code asks of a socket that has connected.
class StandIn {
  destroyed = false;
  connecting = true;
  readable = false;
  writable = false;
  _unrefTimer() {}
  emit() {}
}

let scanned = 0;
// Null where there are no such entries, undefined as long as nobody can observe any.
let node = runtime === 'node' ? undefined : null;

/** The time for an entry that begins now; undefined where nobody can observe it. */
function startTime() {
  if (node === undefined && isLoaded()) node = learn();
  return node ? node.now() : undefined;
}

function isLoaded() {
  const { moduleLoadList } = process;
  if (!moduleLoadList) return true;
  while (scanned < moduleLoadList.length) {
    if (moduleLoadList[scanned++] === PERF_HOOKS) return true;
  }
  return false;
}

// A Node whose code is not as expected makes no entries for us.
function learn() {
  const { PerformanceObserver, performance } = require('node:perf_hooks');
  if (!PerformanceObserver.supportedEntryTypes.includes('net')) return null;
  let connected;
  let owner;
  let context;
  // Which symbols it asks for.
  const socket = new Proxy(new StandIn(), {
    get(target, name) {
      if (name.description === CONTEXT) context = name;
      return target[name];
    },
  });
  const ownedBySocket = {
    get(_, name) {
      owner = name;
      return socket;
    },
  };
  try {
    connected = whatHearsOfConnections();
    connected(0, new Proxy({}, ownedBySocket), null, false, false);
  } catch {
    return null;
  }
  if (!context) return null;
  return {
    now: performance.now.bind(performance),
    gate: new PerformanceObserver(() => {}),
    make(entry) {
      const standIn = new StandIn();
      standIn[context] = entry;
      connected(0, { [owner]: standIn }, null, false, false);
    },
  };
}

// A socket of Node's shows it to its handle, which is none and connects to nothing.
function whatHearsOfConnections() {
  let connected;
  const socket = new net.Socket();
  socket._handle = {
    connect(request) {
      connected = request.oncomplete;
      return 0;
    },
  };
  const lookup = (_host, _options, callback) => callback(null, '127.0.0.1', 4);
  // No program is to see this socket.
  Object.defineProperty(clientSocketChannel, 'hasSubscribers', {
    value: false,
    configurable: true,
  });
  try {
    net.Socket.prototype.connect.call(socket, {
      host: 'nowhere.invalid',
      port: 1,
      autoSelectFamily: false,
      lookup,
    });
  } finally {
    delete clientSocketChannel.hasSubscribers;
  }
  return connected;
}

/** A connection to an address that began at `startTime` is there. */
function tellConnect(startTime, host, port) {
  node.make({ type: 'net', name: 'connect', startTime, detail: { host, port } });
}

/** So is the answer to a lookup. */
function tellLookup(startTime, detail) {
  // Node's code makes an entry where somebody observes 'net', and gives it to who observes 'dns'.
  node.gate.observe({ entryTypes: ['net'] });
  try {
    node.make({ type: 'dns', name: 'lookup', startTime, detail });
  } finally {
    node.gate.disconnect();
  }
}

module.exports = { startTime, tellConnect, tellLookup };
