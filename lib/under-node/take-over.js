'use strict';

// Under a tracer a socket is made and connected by Node's own code, through all that stands in its
// place, so that whoever watches sees what he would see with Node's agents: the socket, its
// options, events, errors, entries and async contexts. When it has connected, and before anybody
// hears of that, its connection goes to the I/O thread by the descriptor, and it is one of our
// sockets from there on.
//
// A mock's socket never has a connection of the system's, and stays what it is. So does one that
// somebody has used before it was said to be connected.

const net = require('node:net');
const process = require('node:process');

const { connect } = require('../bridge/commands');
const { forget, open } = require('../bridge/events');
const {
  kBegun,
  kConn,
  kParked,
  kPlan,
  kReading,
  kRefed,
  setHolding,
} = require('../connection/connection');
const { kJudged, kOwn } = require('../connection/lookup');
const { kMaker } = require('../connection/node-transport');
const { noteOptions } = require('../connection/options');
const { begin, conclude } = require('../connection/pending-take-over');
const { kScope, moveScope, openScope } = require('../connection/scope');
const { runtime } = require('../node/runtime');
const {
  giveUpHandle,
  isUnused,
  kindOf,
  learnEnds,
  libuvHandle,
  renewTimer,
  settingsOf,
} = require('../node/socket');
const { changeCarrier } = require('../pool/slot');
const { Socket, initConnected } = require('../socket/socket');

/** libuv gives no descriptor away on Windows; Deno and Bun have sockets of their own. */
const canTakeOver = runtime === 'node' && process.platform !== 'win32';

/**
 * Makes a socket of Node's, which is to connect by this plan, ours when it has connected. `onLeft`
 * is called where a replacement keeps it as it is.
 */
function takeOverConnected(socket, plan, onLeft) {
  const isAwaited = awaitConnected(socket, net.Socket, (connected, handle, maker) => {
    if (handle === null) {
      onLeft();
    } else if (handle) {
      const type = `${kindOf(handle).toUpperCase()}WRAP`;
      takeOver(connected, handle, plan, maker, { Ours: Socket, type });
    }
  });
  if (!isAwaited) onLeft();
}

// Calls `act(socket, handle, maker)` when the socket has connected; `handle` is null where its
// connection is not the system's, undefined where it is used already; `maker` is what has connected
// it. False for a socket that is nobody's to take: one of another class is not Node's alone.
function awaitConnected(socket, Nodes, act) {
  if (!canTakeOver || !isPlain(socket, Nodes)) return false;
  const maker = net.Socket.prototype.connect;
  begin(socket);
  const onConnect = function onConnect() {
    let handle = isPlain(this, Nodes) ? libuvHandle(this) : null;
    if (handle !== null && (this[kParked] || !isUnused(handle))) handle = undefined;
    if (!this.destroyed) act(this, handle, maker);
    conclude(socket);
  };
  onConnect[kOwn] = true;
  // Whoever listens finds one of ours.
  socket.prependOnceListener('connect', onConnect);
  return true;
}

function isPlain(socket, Nodes) {
  return socket instanceof Nodes && Object.getPrototypeOf(socket) === Nodes.prototype;
}

// The socket goes on over the connection under its handle, as one of `Ours`, of which `init` sets
// up what goes beyond a plain one. False where the process has no descriptor left: it stays Node's.
function takeOver(socket, handle, plan, maker, { Ours, type, secure = null, init = null }) {
  const settings = settingsOf(socket);
  const request = requestOf(handle, plan, settings);
  const conn = open(socket);
  try {
    connect(conn, request, secure);
  } catch {
    forget(conn);
    return false;
  }
  learnEnds(socket);
  const isRefed = handle.hasRef();
  giveUpHandle(socket, () => moveScope(socket, scope));
  initConnected(socket, {});
  init?.(socket);
  noteOptions(socket, settings);
  socket[kPlan] = { ...plan, request };
  socket[kConn] = conn;
  socket[kMaker] = maker;
  socket[kBegun] = true;
  socket[kReading] = true;
  socket[kRefed] = isRefed;
  // Who has judged its address need not be there any more.
  socket[kJudged] = true;
  openScope(socket, type);
  const scope = socket[kScope];
  setHolding(socket, isRefed);
  renewTimer(socket);
  // When it has all its properties: in Node 20 and 22 those that come later give each socket a
  // shape of its own, which costs more than all else here.
  Object.setPrototypeOf(socket, Ours.prototype);
  changeCarrier(socket);
  return true;
}

// Node has told the system of what was asked for so far.
function requestOf(handle, plan, { noDelay, keepAlive, delaySecs }) {
  return {
    ...plan.request,
    fd: handle.fd,
    noDelay: Boolean(noDelay),
    keepAlive: Boolean(keepAlive),
    keepAliveSecs: delaySecs ?? 0,
  };
}

module.exports = { awaitConnected, canTakeOver, takeOver, takeOverConnected };
