'use strict';

// The options of a connection that can change while it lives.

const { command } = require('../bridge/commands');
const { KeepAlive, Op } = require('../bridge/protocol');
const { isOpen, kConn, kPlan } = require('./connection');

const kNoDelay = Symbol('noDelay');
const kKeepAlive = Symbol('keepAlive');
const kTypeOfService = Symbol('typeOfService');

function initOptions(socket, { noDelay, keepAlive, keepAliveInitialDelay }) {
  socket[kNoDelay] = Boolean(noDelay);
  socket[kKeepAlive] = keepAliveOf(keepAlive, keepAliveInitialDelay);
  socket[kTypeOfService] = undefined;
}

// Those of a connection that somebody else has made, and told the system of.
function noteOptions(socket, settings) {
  const { noDelay, keepAlive, delaySecs, intervalSecs, probes, typeOfService } = settings;
  socket[kNoDelay] = Boolean(noDelay);
  socket[kKeepAlive] = keepAliveOf(keepAlive, delaySecs * 1000, intervalSecs * 1000, probes);
  socket[kTypeOfService] = typeOfService;
}

function setNoDelay(socket, on) {
  if (on === socket[kNoDelay]) return;
  socket[kNoDelay] = on;
  if (isOpen(socket)) command(Op.NO_DELAY, socket[kConn], Number(on));
}

function setKeepAlive(socket, keepAlive) {
  if (isSameKeepAlive(keepAlive, socket[kKeepAlive])) return;
  socket[kKeepAlive] = keepAlive;
  if (isOpen(socket)) sendKeepAlive(socket);
}

function setTypeOfService(socket, value) {
  if (value === socket[kTypeOfService]) return;
  socket[kTypeOfService] = value;
  if (isOpen(socket)) command(Op.TYPE_OF_SERVICE, socket[kConn], value);
}

// What was asked for while the connection was being made.
function applyLateOptions(socket) {
  const { noDelay, keepAlive, keepAliveSecs } = socket[kPlan].request;
  if (socket[kNoDelay] !== noDelay) {
    command(Op.NO_DELAY, socket[kConn], Number(socket[kNoDelay]));
  }
  const begun = keepAliveOf(keepAlive, keepAliveSecs * 1000);
  if (!isSameKeepAlive(begun, socket[kKeepAlive])) sendKeepAlive(socket);
  const value = socket[kTypeOfService];
  if (value !== undefined) command(Op.TYPE_OF_SERVICE, socket[kConn], value);
}

// As they stand, for a socket of Node's that takes over.
function optionsOf(socket) {
  const { [kNoDelay]: noDelay, [kKeepAlive]: keepAlive, [kTypeOfService]: typeOfService } = socket;
  return { noDelay, keepAlive, typeOfService };
}

function sendKeepAlive(socket) {
  const { enabled, delay, interval, count } = socket[kKeepAlive];
  const first = Number(enabled) | (interval << KeepAlive.INTERVAL);
  command(Op.KEEP_ALIVE, socket[kConn], first, delay | (count << KeepAlive.PROBES));
}

function keepAliveOf(enable, initialDelay, interval, count) {
  return {
    enabled: Boolean(enable),
    delay: seconds(initialDelay),
    interval: seconds(interval),
    count: ~~count & 0x7f,
  };
}

function seconds(msecs) {
  return Math.min(Math.max(0, ~~(msecs / 1000)), 0x7fff);
}

function isSameKeepAlive(a, b) {
  if (a.enabled !== b.enabled) return false;
  return !a.enabled || (a.delay === b.delay && a.interval === b.interval && a.count === b.count);
}

module.exports = {
  applyLateOptions,
  initOptions,
  kTypeOfService,
  keepAliveOf,
  noteOptions,
  optionsOf,
  setKeepAlive,
  setNoDelay,
  setTypeOfService,
};
