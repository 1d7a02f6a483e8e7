'use strict';

// A socket's place in its agent's pool: the listeners through which it comes back and leaves.

const {
  claim,
  connectionOf,
  inScope,
  isOurs,
  kParked,
  listen,
} = require('../connection/connection');
const { beginWrites } = require('../connection/in-flight');
const { isOvertaken } = require('../connection/node-transport');
const { Hidden } = require('../errors/hidden');
const { NO_ASYNC_ID, kAsyncId, renewHandle } = require('../node/async-id');
const { nextTick } = require('../node/originals');
const { debug } = require('./debug-log');
const { FOREIGN, kPool } = require('./pool');

const kSlot = Symbol('slot');
const kAgent = Symbol('agent');
const kOptions = Symbol('options');
const kWaiter = Symbol('waiter');
// What a foreign socket had received when it was parked.
const kGuard = Symbol('guard');

// The socket belongs to the agent from here on. `options` are those it was made with.
function occupy(agent, slot, socket, options) {
  const listening = socket[kAgent] !== undefined;
  socket[kSlot] = slot;
  socket[kAgent] = agent;
  socket[kOptions] = new Hidden(options);
  // From the start, so that all sockets have one shape.
  if (!(kWaiter in socket)) socket[kWaiter] = undefined;
  // A stream that has closed already will not say so again.
  if (socket.closed) nextTick(() => onClose.call(socket));
  if (listening) return;
  socket.on('free', onFree);
  socket.on('close', onClose);
  socket.on('timeout', onTimeout);
  socket.on('agentRemove', onRemove);
}

// The same for a socket that the program looks after itself: it has listeners of its own.
function adopt(agent, slot, socket) {
  if (!isObject(socket)) return;
  Reflect.set(socket, kSlot, slot);
  Reflect.set(socket, kAgent, agent);
}

function ownerOf(socket) {
  return socket[kAgent];
}

// Of an agent that has a pool. Copies of an agent may share theirs, and a copy of a socket is none.
function slotOf(socket, agent) {
  const slot = socket?.[kSlot];
  if (slot === undefined) return undefined;
  const pool = agent[kPool];
  return socket[kAgent]?.[kPool] === pool && pool.socketOf(slot) === socket ? slot : undefined;
}

// What the socket's connection was made with.
function optionsOf(socket) {
  return socket[kOptions]?.reveal();
}

function isObject(value) {
  return value !== null && (typeof value === 'object' || typeof value === 'function');
}

// The pool knows the socket no more; its listeners stay, as it may come back by 'free'.
function vacate(socket) {
  if (isObject(socket)) Reflect.set(socket, kSlot, undefined);
}

// A connection was made for this waiter: the 'free' event that follows gives it away, as in Node.
function promise(socket, waiter) {
  socket[kWaiter] = waiter;
}

function takePromise(socket) {
  const waiter = socket[kWaiter];
  socket[kWaiter] = undefined;
  return waiter;
}

// What the pool calls the connection.
function carrierOf(socket) {
  return isObject(socket) && isOurs(socket) ? connectionOf(socket) : FOREIGN;
}

// The socket goes on over another connection: the pool must no more ask the one that it had.
function changeCarrier(socket) {
  const slot = socket[kSlot];
  if (slot !== undefined) socket[kAgent][kPool].attach(slot, socket, carrierOf(socket));
}

function isParked(socket) {
  return socket[kParked] === true;
}

function settleDown(socket) {
  socket[kParked] = true;
  socket[kAsyncId] = NO_ASYNC_ID;
  socket.once('error', onParkedError);
  if (carrierOf(socket) === FOREIGN) socket[kGuard] = socket.bytesRead;
  else listen(socket);
}

function wakeUp(socket) {
  socket[kParked] = false;
  socket.removeListener('error', onParkedError);
  handOver(socket);
}

// A new request holds the socket from here on.
function handOver(socket) {
  if (isOurs(socket)) {
    claim(socket);
    beginWrites(socket);
  } else {
    renewHandle(socket);
  }
}

// Whether a parked socket may be handed out. The reactor answers for ours; of a foreign one we see
// whether it ended, or received what nobody asked for.
function isUsable(socket) {
  if (socket.destroyed || !socket.writable) return false;
  if (carrierOf(socket) !== FOREIGN) return !isOvertaken(socket);
  return !socket.readableEnded && !socket.readableLength && socket.bytesRead === socket[kGuard];
}

function onParkedError(error) {
  debug?.('SOCKET ERROR on FREE socket:', error.message, error.stack);
  this.destroy();
  this.emit('agentRemove');
}

function onFree() {
  debug?.('CLIENT socket onFree');
  this[kAgent].emit('free', this, this[kOptions].reveal());
}

function onClose() {
  debug?.('CLIENT socket onClose');
  this[kAgent].removeSocket(this, this[kOptions].reveal());
}

// A parked socket has been idle for too long: as where its own timer says so.
function timeOut(socket) {
  if (!isParked(socket) || socket.destroyed) return;
  if (isOurs(socket)) inScope(socket, () => socket.emit('timeout'));
  else socket.emit('timeout');
}

function onTimeout() {
  debug?.('CLIENT socket onTimeout');
  if (isParked(this)) this.destroy();
}

// An upgraded connection, say: the program has it now, for as long as it likes.
function onRemove() {
  debug?.('CLIENT socket onRemove');
  this[kAgent].removeSocket(this, this[kOptions].reveal());
  this.removeListener('close', onClose);
  this.removeListener('free', onFree);
  this.removeListener('timeout', onTimeout);
  this.removeListener('agentRemove', onRemove);
  this[kAgent] = undefined;
}

module.exports = {
  adopt,
  carrierOf,
  changeCarrier,
  handOver,
  isParked,
  isUsable,
  occupy,
  optionsOf,
  ownerOf,
  promise,
  settleDown,
  slotOf,
  takePromise,
  timeOut,
  vacate,
  wakeUp,
};
