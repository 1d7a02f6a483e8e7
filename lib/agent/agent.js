'use strict';

// http.Agent over the native pool. What Node's agent calls on itself is called on this one in the
// same places, so that what a program overrides works as it did.

const net = require('node:net');
const { isAbsolute } = require('node:path');

require('../connection/active-resources');
const { Checkin, Checkout } = require('../bridge/protocol');
const { isNodesAddress, planConnect } = require('../connection/connect-plan');
const { ConnectTimeout } = require('../connection/connect-timeout');
const { isCopy, isOurs, isUsed, openSocket } = require('../connection/connection');
const { kJudged, sameAddress } = require('../connection/lookup');
const { markNodes, nodesCause } = require('../connection/node-transport');
const { mayBecomeOurs, whenOurs } = require('../connection/pending-take-over');
const { tellNodeTransport } = require('../connection/transport-warning');
const { Cause } = require('../errors/node-causes');
const { invalidHostHeader, socketHangUp } = require('../errors/node-errors');
const { NodeHttpAgent: NodeAgent } = require('../node/agents');
const {
  isSentToProxy,
  markResent,
  releaseRequest,
  requestOf,
  waitsForTunnel,
} = require('../node/client');
const { connectArguments, connectByNode } = require('../node/connecting');
const { setImmediate } = require('../node/originals');
const { resends, tellsTunnelErrors } = require('../node/runtime');
const { setHighWaterMark } = require('../node/socket-fields');
const {
  debug,
  shownName,
  tellDirect,
  tellOpened,
  tellOpening,
  tellRemoved,
} = require('../pool/debug-log');
const { Part, Pool, kPool } = require('../pool/pool');
const { Reservations } = require('../pool/reservations');
const slots = require('../pool/slot');
const { Views, viewsOf } = require('../pool/views');
const { Waiter } = require('../pool/waiter');
const { beginExchange, kForReplay, mayRedial } = require('../socket/replay');
const { Socket } = require('../socket/socket');
const { takeOverConnected } = require('../under-node/take-over');
const { inspectAsNodes } = require('./inspect');
const { idleLifetime, isLastResponse } = require('./keep-alive-hint');
const { hearKeyLog, initKeyLog } = require('./key-log');
const { readBounds, readReplayLimit, readTransportWarning } = require('./options');
const { queueFull, queueTimedOut } = require('./queue-limits');

const nodeGetName = NodeAgent.prototype.getName;

// Since Node learned to go through proxies, its client leaves a tunnel's errors to the agent.
const emitsTunnelErrors =
  !tellsTunnelErrors && /proxy/i.test(NodeAgent.prototype.createConnection.toString());

const KEEP_ALIVE_TIMEOUT_BUFFER_MS = 1000;

const kLimits = Symbol('limits');
const kBounds = Symbol('bounds');
const kViews = Symbol('views');
// What the agent's properties of the views' names have, while the program has put nothing else
// there.
const kShown = Symbol('shown');
const kNameOf = Symbol('nameOf');
const kFullName = Symbol('fullName');
const kReservations = Symbol('reservations');
// Waiters whose requests were destroyed in this tick: the queue shows them for its rest, as in
// Node.
const kDoomed = Symbol('doomed');
const kIdleLifetime = Symbol('idleLifetime');
const kReplayLimit = Symbol('replayLimit');
const kWarns = Symbol('warns');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);

  // Node's constructor checks the options and sets what the running Node has.
  NodeAgent.call(this, options);
  this.removeAllListeners('free');
  this.on('free', onFree);
  initKeyLog(this);

  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  const buffer = this.options.agentKeepAliveTimeoutBuffer;
  this.agentKeepAliveTimeoutBuffer =
    Number.isFinite(buffer) && buffer >= 0 ? buffer : KEEP_ALIVE_TIMEOUT_BUFFER_MS;
  this.maxSockets = this.options.maxSockets || Agent.defaultMaxSockets;
  initPool(this);
}

// The pool of an agent: of a new one, or of an object that is used as one although the constructor
// has never seen it, a deep copy for instance.
function initPool(agent) {
  const bounds = readBounds(agent.options);
  const limits = { maxQueue: bounds.maxQueue };
  for (const name of LIMITS) limits[name] = agent[name];
  const pool = new Pool(limits, bounds, {
    open: (waiter, slot) => openForWaiter(agent, waiter, slot),
    drop: (socket) => {
      slots.vacate(socket);
      socket.destroy();
    },
    expire: slots.timeOut,
    late: (waiter) => failLate(agent, waiter),
  });
  const views = new Views(agent, pool, editsOf(agent));
  hide(agent, {
    [kBounds]: bounds,
    [kLimits]: limits,
    [kReplayLimit]: readReplayLimit(agent.options),
    [kWarns]: readTransportWarning(agent.options),
    [kReservations]: new Reservations(),
    [kDoomed]: new Set(),
    [kPool]: pool,
    [kViews]: views,
    [kShown]: {},
  });
  watchLimits(agent);
  defineOwn(agent, 'totalSocketCount', TOTAL);
  for (const name of VIEWS) showView(agent, name);
}

const HIDDEN = [
  kBounds,
  kLimits,
  kReplayLimit,
  kWarns,
  kReservations,
  kDoomed,
  kPool,
  kViews,
  kShown,
];

// Copies of an agent that a program makes don't have these, and console.log() does not show them.
function hide(agent, values) {
  for (const key of Reflect.ownKeys(values)) {
    Object.defineProperty(agent, key, { value: values[key], configurable: true });
  }
}

Object.setPrototypeOf(Agent.prototype, NodeAgent.prototype);
Object.setPrototypeOf(Agent, NodeAgent);

inspectAsNodes(Agent.prototype);

// An HttpsAgent is one too, as Node's is: it has the methods, but https.Agent in its prototypes.
const kBrand = Symbol('brand');
Agent.prototype[kBrand] = true;
Object.defineProperty(Agent, Symbol.hasInstance, {
  value(value) {
    return this === Agent
      ? Boolean(value?.[kBrand])
      : Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

Agent.defaultMaxSockets = Number.POSITIVE_INFINITY;

const LIMITS = ['maxSockets', 'maxTotalSockets', 'maxFreeSockets', 'scheduling'];
const VIEWS = ['sockets', 'freeSockets', 'requests'];

// Own properties as in Node, obeyed as soon as they are set.
const TOTAL = {
  get() {
    this[kViews].settle();
    return this[kPool].total;
  },
  // Subclasses that count pending connections by themselves write it; the pool has counted them.
  set() {},
  enumerable: true,
  configurable: true,
};

// Each with code of its own: one for all names would look them up by name, at each request.
const ACCESSORS = {
  maxSockets: {
    get() {
      return this[kLimits].maxSockets;
    },
    set(value) {
      setLimit(this, 'maxSockets', value);
    },
    enumerable: true,
    configurable: true,
  },
  maxTotalSockets: {
    get() {
      return this[kLimits].maxTotalSockets;
    },
    set(value) {
      setLimit(this, 'maxTotalSockets', value);
    },
    enumerable: true,
    configurable: true,
  },
  maxFreeSockets: {
    get() {
      return this[kLimits].maxFreeSockets;
    },
    set(value) {
      setLimit(this, 'maxFreeSockets', value);
    },
    enumerable: true,
    configurable: true,
  },
  scheduling: {
    get() {
      return this[kLimits].scheduling;
    },
    set(value) {
      setLimit(this, 'scheduling', value);
    },
    enumerable: true,
    configurable: true,
  },
};

function setLimit(agent, name, value) {
  agent[kLimits][name] = value;
  agent[kPool].setLimits(agent[kLimits]);
}

function watchLimits(agent) {
  for (const name of LIMITS) defineOwn(agent, name, ACCESSORS[name]);
}

// Not over a subclass's own accessor, as an assignment of Node's would not be.
function defineOwn(agent, name, descriptor) {
  if (Object.getOwnPropertyDescriptor(agent, name)?.configurable === false) return;
  if (!Object.isExtensible(agent)) return;
  for (let object = agent; object !== null; object = Object.getPrototypeOf(object)) {
    const own = Object.getOwnPropertyDescriptor(object, name);
    if (own && object !== agent && own.get) return;
  }
  Object.defineProperty(agent, name, descriptor);
}

// --- What a program has put in the place of a property -------------------------------------------

// Node's agent reads its properties whenever it decides. A class field defines them anew, an
// assignment or an accessor of a subclass has other values: so each decision begins here.
function prepare(agent, name = '') {
  if (agent[kPool] === undefined) adoptObject(agent, name);
  const limits = agent[kLimits];
  if (
    agent.maxSockets !== limits.maxSockets ||
    agent.maxTotalSockets !== limits.maxTotalSockets ||
    agent.maxFreeSockets !== limits.maxFreeSockets ||
    agent.scheduling !== limits.scheduling
  ) {
    readLimits(agent);
  }
  const shown = agent[kShown];
  if (
    agent.sockets !== shown.sockets ||
    agent.freeSockets !== shown.freeSockets ||
    agent.requests !== shown.requests
  ) {
    readViews(agent);
  }
  if (agent[kViews].isEdited) agent[kViews].settle();
}

function readLimits(agent) {
  const limits = agent[kLimits];
  const changed = LIMITS.filter((name) => !Object.is(agent[name], limits[name]));
  if (changed.length === 0) return;
  for (const name of changed) limits[name] = agent[name];
  watchLimits(agent);
  agent[kPool].setLimits(limits);
}

function readViews(agent) {
  for (const name of VIEWS) {
    const object = agent[name];
    if (object === agent[kShown][name]) continue;
    if (!viewsOf(object)) agent[kViews].assign(name, object);
    showView(agent, name);
  }
}

// Where the property can't be written, what it has was read all the same.
function showView(agent, name) {
  Reflect.set(agent, name, agent[kViews][name]);
  agent[kShown][name] = agent[name];
}

// An object that the constructor has not seen. A shallow copy of an agent has its views, and shares
// its pool. What is missing is Node's TypeError.
function adoptObject(agent, name) {
  for (const key of VIEWS) agent[key][name];
  const original = viewsOf(agent.sockets)?.agent;
  if (original) {
    hide(agent, Object.fromEntries(HIDDEN.map((key) => [key, original[key]])));
    return;
  }
  const { sockets, freeSockets } = agent;
  initPool(agent);
  agent[kViews].assign('sockets', sockets);
  agent[kViews].assign('freeSockets', freeSockets);
}

Agent.prototype.createConnection = function createConnection(...args) {
  const [options, callback] = connectArguments(args);
  // Node's own agent knows the way through a proxy.
  if (goesByProxy(this, options)) {
    return markNodes(NodeAgent.prototype.createConnection.apply(this, args));
  }
  if (debug) tellDirect(debug, 'http', options, false);
  const cause = nodesCause();
  const mayBeOurs = cause === null || cause === Cause.REPLACED;
  const plan = mayBeOurs ? planConnect(options) : null;
  if (plan === null) return connectNodes(this, mayBeOurs ? null : cause, options, args);
  if (cause !== null) return connectThrough(this, cause, options, plan, args);
  const socket = openSocket((own) => new Socket(own), options, plan);
  if (callback) socket.once('connect', callback);
  return socket;
};

// By Node's own transport: for a cause, or because the options ask for it.
function connectNodes(agent, cause, options, args) {
  const socket = connectByNode(agent, args);
  const reason = cause ?? (isNodesAddress(options) ? Cause.ADDRESS : null);
  if (reason !== null && warns(agent)) tellNodeTransport(reason, options);
  return markNodes(socket);
}

// By what stands in the place of Node's functions: the socket is ours when it has connected, unless
// it is a mock's.
function connectThrough(agent, cause, options, plan, args) {
  const socket = markNodes(connectByNode(agent, args));
  takeOverConnected(socket, plan, () => {
    if (warns(agent)) tellNodeTransport(cause, options);
  });
  return socket;
}

// Of a copy that has never been an agent, too.
function warns(agent) {
  return agent[kWarns] !== false;
}

Agent.prototype.addRequest = function addRequest(
  req,
  options,
  port /* legacy */,
  localAddress /* legacy */,
) {
  if (typeof options === 'string') {
    options = { __proto__: null, host: options, port, localAddress };
  }
  checkHostHeader(req, options);
  if (this[kPool] === undefined) prepare(this, this.getName(mergeOptions(this, req, options)));
  else prepare(this);
  placeRequest(this, nameOf(this, req, options), req, options);
};

function placeRequest(agent, name, req, options) {
  const pool = agent[kPool];
  for (;;) {
    const { verdict, id } = pool.checkout(name);
    if (verdict === Checkout.REUSE) {
      const socket = pool.socketOf(id);
      slots.wakeUp(socket);
      if (!slots.isUsable(socket)) {
        discard(agent, socket);
        continue;
      }
      reuse(agent, socket, req, options);
    } else if (verdict === Checkout.OPEN) {
      if (debug) tellOpening(agent, name, false);
      openFor(agent, id, req, options, (err, socket) => {
        if (err) failNew(agent, name, req, err);
        else if (socket.destroyed) failDead(agent, req, socket);
        else setRequestSocket(agent, req, socket);
      });
    } else if (verdict === Checkout.WAIT) {
      debug?.('wait for socket');
      enqueue(agent, id, req, options);
    } else if (agent[kDoomed].size > 0) {
      // Their places are free.
      for (const waiter of agent[kDoomed]) waiter.giveUp();
      continue;
    } else {
      refuse(agent, req, mergeOptions(agent, req, options));
    }
    return;
  }
}

Agent.prototype.createSocket = function createSocket(req, options, callback) {
  prepare(this);
  options = mergeOptions(this, req, options);
  const timeout = req.timeout || this.options.timeout || undefined;
  if (timeout) options.timeout = timeout;
  const name = this[kNameOf](req, options) ?? this[kFullName](options);
  options._agentKey = name;
  debug?.('createConnection', shownName(this, options));
  options.encoding = null;
  if (this.keepAlive) {
    options.keepAlive = this.keepAlive;
    options.keepAliveInitialDelay = this.keepAliveMsecs;
  }

  let slot = this[kReservations].take(req) ?? this[kPool].open(name);
  let timeLimit = null;
  const onCreate = (err, socket) => {
    if (slot === null) {
      timeLimit?.reject(socket);
      return;
    }
    const created = slot;
    slot = null;
    if (err) {
      timeLimit?.stop();
      this[kPool].remove(created);
      callback(err);
      return;
    }
    settle(this, created, socket, options);
    if (debug) tellOpened(this, name, options);
    if (this[kReplayLimit] > 0) whenOurs(socket, () => letRedial(this, socket, options));
    timeLimit?.watch(socket);
    callback(null, socket);
  };
  const { connectTimeout } = this[kBounds];
  if (connectTimeout !== undefined) {
    timeLimit = new ConnectTimeout(connectTimeout, options, onCreate);
  }
  try {
    const socket = this.createConnection(options, onCreate);
    if (socket && !(this.options.proxyEnv && waitsForTunnel(socket))) onCreate(null, socket);
    else if (socket) timeLimit?.expect(socket);
    timeLimit?.start();
  } catch (err) {
    timeLimit?.stop();
    if (slot !== null) this[kPool].remove(slot);
    slot = null;
    throw err;
  }
};

Agent.prototype.removeSocket = function removeSocket(socket, options) {
  prepare(this);
  // As in Node, a free socket stays as long as it is good.
  const stays = slots.isParked(socket) && socket.writable;
  if (debug) tellRemoved(this, socket, options, !stays && slots.slotOf(socket, this) !== undefined);
  if (!stays) release(this, socket);
};

Agent.prototype.keepSocketAlive = function keepSocketAlive(socket) {
  // A program's stream may be any Duplex.
  socket.setKeepAlive?.(true, this.keepAliveMsecs);
  socket.unref?.();

  // The server's hint bounds this rest alone; the socket's timeout is the agent's, as before.
  const lifetime = idleLifetime(requestOf(socket)?.res, this.agentKeepAliveTimeoutBuffer);
  socket[kIdleLifetime] = lifetime;
  const timeout = this.options.timeout || 0;
  if ((socket.timeout ?? 0) !== timeout) socket.setTimeout?.(timeout);
  return lifetime !== 0;
};

Agent.prototype.reuseSocket = function reuseSocket(socket, req) {
  debug?.('have free socket');
  req.reusedSocket = true;
  socket.ref?.();
};

Agent.prototype.destroy = function destroy() {
  if (this[kPool] !== undefined) prepare(this);
  // As a program sees them: it may have added some.
  for (const view of [this.freeSockets, this.sockets]) {
    for (const sockets of Object.values(view)) for (const socket of sockets) socket.destroy();
  }
};

// --- A socket comes back -----------------------------------------------------------------------

function onFree(socket, options) {
  // What the request that is done was placed by holds for its socket too, but for the limit that
  // Node reads here.
  if (this[kPool] === undefined) {
    prepare(this);
  } else {
    if (this.maxFreeSockets !== this[kLimits].maxFreeSockets) readLimits(this);
    if (this[kViews].isEdited) this[kViews].settle();
  }
  debug?.('agent.on(free)', shownName(this, options));
  const promised = slots.takePromise(socket);
  if (!socket.writable) {
    if (!promised) socket.destroy();
    else if (promised.retried) failDead(this, promised.req, socket);
    else openAgain(this, promised, socket, options);
    return;
  }
  if (promised) {
    setRequestSocket(this, promised.req, socket);
    return;
  }
  const pool = this[kPool];
  const slot = slots.slotOf(socket, this) ?? takeIn(this, socket, options);
  if (isLastResponse(requestOf(socket)?.res)) pool.retire(slot);
  const { verdict, id } = pool.checkin(slot, slots.carrierOf(socket), isUsed(socket));
  if (verdict === Checkin.SERVE) {
    pool.dequeue(id).serve((req) => {
      slots.handOver(socket);
      beginExchange(socket, this[kReplayLimit]);
      setRequestSocket(this, req, socket);
    });
    return;
  }
  const req = requestOf(socket);
  if (
    verdict === Checkin.CLOSE ||
    !req?.shouldKeepAlive ||
    !this.keepAlive ||
    !keepAlive(this, socket)
  ) {
    socket.destroy();
    return;
  }
  if (!pool.park(slot, slots.carrierOf(socket), isUsed(socket), socket[kIdleLifetime])) {
    socket.destroy();
    return;
  }
  releaseRequest(socket);
  slots.settleDown(socket);
  // Node takes it from `sockets` by this method; here it only matters to who overrides it, or reads
  // the debug log.
  if (debug || this.removeSocket !== Agent.prototype.removeSocket) {
    this.removeSocket(socket, options);
  }
}

function keepAlive(agent, socket) {
  socket[kIdleLifetime] = undefined;
  return agent.keepSocketAlive(socket);
}

// A socket that the program frees without having got it here.
function takeIn(agent, socket, options) {
  const slot = agent[kPool].open(agent[kFullName](options));
  settle(agent, slot, socket, options);
  return slot;
}

// The socket has this slot from here on, and no other.
function settle(agent, slot, socket, options) {
  if (slots.ownerOf(socket) !== agent) hearKeyLog(agent, socket);
  socket[kIdleLifetime] = undefined;
  attach(agent, slot, socket);
  slots.occupy(agent, slot, socket, options);
}

function attach(agent, slot, socket) {
  const owner = slots.ownerOf(socket);
  const former = owner && slots.slotOf(socket, owner);
  if (former !== undefined) owner[kPool].remove(former);
  agent[kPool].attach(slot, socket, slots.carrierOf(socket));
}

function discard(agent, socket) {
  release(agent, socket);
  // It may have failed already, and nobody listens to it yet, or any more. A program may answer
  // with the same one again.
  socket.removeListener('error', ignoreError);
  socket.on('error', ignoreError);
  socket.destroy();
}

function ignoreError() {}

function release(agent, socket) {
  const slot = slots.slotOf(socket, agent);
  if (slot === undefined) return;
  slots.vacate(socket);
  agent[kPool].remove(slot);
}

// --- What a program writes to the views ----------------------------------------------------------

function editsOf(agent) {
  return {
    sockets: {
      accepts: (_, socket) => !isCopy(socket),
      add: (name, socket) => listSocket(agent, name, socket),
      remove: (socket, slot) => unlistSocket(agent, socket, slot),
    },
    freeSockets: {
      accepts: (_, socket) => typeof socket?.on === 'function' && !isCopy(socket),
      add: (name, socket) => listIdle(agent, name, socket),
      remove: (socket) => discard(agent, socket),
    },
    requests: {
      accepts: (name, req) =>
        typeof req?.onSocket === 'function' && optionsFor(agent, name) !== undefined,
      add: (name, req) => placeRequest(agent, name, req, optionsFor(agent, name)),
      remove: (_, waiter) => agent[kPool].cancel(waiter),
    },
  };
}

// One that was idle, or the program's own: in the slot that its createSocket() was promised, or
// outside all limits, as in Node.
function listSocket(agent, name, socket) {
  const pool = agent[kPool];
  const known = slots.slotOf(socket, agent);
  if (known === undefined) {
    const slot = agent[kReservations].fill(name) ?? pool.open(name);
    attach(agent, slot, socket);
    slots.adopt(agent, slot, socket);
  } else if (slots.isParked(socket)) {
    if (!pool.take(known)) {
      discard(agent, socket);
      return;
    }
    slots.wakeUp(socket);
    beginExchange(socket, agent[kReplayLimit]);
  }
}

// What only stood for a socket leaves the slot to that.
function unlistSocket(agent, socket, slot) {
  slots.vacate(socket);
  if (agent[kReservations].has(slot)) {
    agent[kPool].detach(slot);
    agent[kReservations].vacate(slot);
  } else {
    agent[kPool].remove(slot);
  }
}

function listIdle(agent, name, socket) {
  const pool = agent[kPool];
  let slot = slots.slotOf(socket, agent);
  if (slot === undefined) {
    slot = pool.open(name);
    settle(agent, slot, socket, { __proto__: null, _agentKey: name });
  } else if (slots.isParked(socket)) {
    return;
  }
  if (pool.park(slot, slots.carrierOf(socket), isUsed(socket))) slots.settleDown(socket);
  else discard(agent, socket);
}

// Of a connection to the same server.
function optionsFor(agent, name) {
  const pool = agent[kPool];
  for (const part of [Part.ACTIVE, Part.IDLE]) {
    for (const id of pool.ids(part, name)) {
      const options = slots.optionsOf(pool.entry(part, id));
      if (options !== undefined) return options;
    }
  }
  return undefined;
}

// -------------------------------------------------------------------------------------------------

// The connection that was made for a queued request is dead: the request keeps its turn, as its new
// slot is taken before the old one is given up. Once: others wait for their turn too.
function openAgain(agent, waiter, socket, options) {
  waiter.retried = true;
  const slot = agent[kPool].open(agent[kFullName](options));
  discard(agent, socket);
  setImmediate(() => openForWaiter(agent, waiter, slot));
}

// --- A request goes out ------------------------------------------------------------------------

function reuse(agent, socket, req, options) {
  const highWaterMark = agent.options.highWaterMark ?? options.highWaterMark;
  if (highWaterMark != null && socket.writableHighWaterMark !== highWaterMark) {
    debug?.(
      'sync reused socket HWM (socket=%d, request=%d)',
      socket.writableHighWaterMark,
      highWaterMark,
    );
    setHighWaterMark(socket, highWaterMark);
  }
  // A request is sent once: so the client takes it for one that it has sent again.
  if (resends) markResent(req);
  try {
    agent.reuseSocket(socket, req);
  } catch (err) {
    discard(agent, socket);
    throw err;
  }
  beginExchange(socket, agent[kReplayLimit]);
  setRequestSocket(agent, req, socket);
}

function openFor(agent, slot, req, options, callback) {
  const reservations = agent[kReservations];
  reservations.promise(req, slot);
  const release = () => {
    agent[kViews].settle();
    const unused = reservations.take(req);
    // The program may have listed a socket of its own in it.
    const isUsed = unused === undefined || agent[kPool].socketOf(unused) !== undefined;
    if (!isUsed) agent[kPool].remove(unused);
  };
  const merged = mergeOptions(agent, req, options);
  if (agent.createSocket !== Agent.prototype.createSocket) {
    reservations.offer(slot, agent.getName(merged));
    // The override may give the request to another agent, and never come back to this one.
    req.once('socket', release);
    req.once('close', release);
  }
  try {
    agent.createSocket(req, merged, (err, socket) => {
      release();
      callback(err, socket);
    });
  } catch (err) {
    release();
    throw err;
  }
}

function enqueue(agent, id, req, options) {
  const pool = agent[kPool];
  if (req.destroyed) {
    pool.cancel(id);
    req.onSocket(null); // Emits the error and 'close'.
    return;
  }
  let waiter;
  try {
    const merge = () => mergeOptions(agent, req, options);
    waiter = new Waiter(req, merge, agent[kDoomed], () => pool.cancel(id));
  } catch (err) {
    pool.cancel(id);
    throw err;
  }
  pool.enqueue(id, waiter);
}

// The queue is full.
function refuse(agent, req, options) {
  failRequest(req, queueFull(agent[kBounds].maxQueue, options));
}

// It has waited for too long.
function failLate(agent, waiter) {
  const error = queueTimedOut(agent[kBounds].queueTimeout, waiter.options);
  waiter.serve((req) => failRequest(req, error));
}

function openForWaiter(agent, waiter, slot) {
  waiter.serve((req) => {
    let answered = false;
    try {
      openFor(agent, slot, req, waiter.options, (err, socket) => {
        answered = true;
        if (err) {
          failRequest(req, err);
        } else if (slots.slotOf(socket, agent) === undefined) {
          setRequestSocket(agent, req, socket);
        } else {
          slots.promise(socket, waiter);
          // One that the program has listed comes back by the program's own listener.
          if (!socket.emit('free') && slots.takePromise(socket)) {
            setRequestSocket(agent, req, socket);
          }
        }
      });
    } catch (err) {
      // A throw of the program's createConnection() is this request's; one of a listener is not.
      if (answered) throw err;
      failRequest(req, err);
    }
  });
}

// What the agent itself puts an end to.
const BOUNDS = new Set(['OXAGENT_CONNECT_TIMEOUT', 'OXAGENT_QUEUE_FULL', 'OXAGENT_QUEUE_TIMEOUT']);

function failRequest(req, err) {
  // One that the program has ended has its own error, to which Node prefers a connection's alone.
  if (req.destroyed && BOUNDS.has(err.code)) {
    req.onSocket(null);
    return;
  }
  if (emitsTunnelErrors && err.code === 'ERR_PROXY_TUNNEL') {
    if (err.proxyTunnelTimeout) req.emit('timeout');
    req.emit('error', err);
  }
  req.onSocket(null, err);
}

// No connection was made for a request that did not wait.
function failNew(agent, name, req, err) {
  if (debug) tellOpening(agent, name, true);
  failRequest(req, err);
}

// A program's createConnection() may answer with a stream that is over.
function failDead(agent, req, socket) {
  if (slots.slotOf(socket, agent) !== undefined) discard(agent, socket);
  failRequest(req, socket.errored ?? socketHangUp());
}

function setRequestSocket(agent, req, socket) {
  req.onSocket(socket);
  const timeout = agent.options.timeout || 0;
  if (req.timeout === undefined || req.timeout === timeout) return;
  socket.setTimeout?.(req.timeout);
}

function goesByProxy(agent, options) {
  return Boolean(agent.options?.proxyEnv) || isSentToProxy(options);
}

// A replay connects as the agent does, overrides included: what they forbid stays forbidden. The
// socket that waits for the connection has its own timer and signal.
function letRedial(agent, socket, options) {
  if (agent.createSocket !== Agent.prototype.createSocket) return;
  // In another folder this path is another server's.
  if (options.path && !isAbsolute(options.path)) return;
  const redial = () => {
    let made;
    let isAsked = true;
    // An override may answer by the callback. One that does so later is too late.
    const take = (_, socket) => {
      if (isAsked) made ??= socket;
      else if (socket !== made) socket?.destroy();
    };
    const bare = { ...options, timeout: undefined, signal: undefined, [kForReplay]: true };
    // Who has judged its address need not be there any more.
    if (socket[kJudged]) Object.assign(bare, sameAddress(socket));
    made = agent.createConnection(bare, take) ?? made;
    isAsked = false;
    // Over TLS it may be Node's own, if that is what the server needs.
    const isFit = (one) => isOurs(one) || mayBecomeOurs(one) || (one.encrypted && socket.encrypted);
    if (made?.connecting && isFit(made)) {
      limitConnect(agent, made, options);
      return made;
    }
    // It may fail by itself, and nobody listens to it.
    made?.on('error', ignoreError).destroy();
    return null;
  };
  mayRedial(socket, redial, agent[kReplayLimit]);
}

function limitConnect(agent, socket, options) {
  const { connectTimeout } = agent[kBounds];
  if (connectTimeout === undefined) return;
  const timeLimit = new ConnectTimeout(connectTimeout, options);
  timeLimit.watch(socket);
  timeLimit.start();
}

// --- Names and options -------------------------------------------------------------------------

// The name by which a request finds its connections; without merging its options when getName() is
// our own.
function nameOf(agent, req, options) {
  return agent[kNameOf](req, options) ?? agent[kFullName](mergeOptions(agent, req, options));
}

// getName(), and what else must be equal where a connection is shared.
Agent.prototype[kFullName] = function fullName(options) {
  return this.getName(options);
};

// The same for a request, or undefined where getName() is the program's own.
Agent.prototype[kNameOf] = function plainNameOf(req, options) {
  return this.getName === nodeGetName ? plainName(this, options) : undefined;
};

// The part of the name that http: and https: share.
function plainName(agent, options) {
  const own = agent.options;
  return nodeGetName.call(agent, {
    host: pick(own, options, 'host'),
    port: pick(own, options, 'port'),
    localAddress: pick(own, options, 'localAddress'),
    family: pick(own, options, 'family'),
    socketPath: pick(own, options, 'socketPath'),
  });
}

function pick(own, options, key) {
  return key in own ? own[key] : options[key];
}

// The agent's options override the request's.
function mergeOptions(agent, req, options) {
  const merged = { __proto__: null, ...options, ...agent.options };
  if (merged.socketPath) merged.path = merged.socketPath;
  if (!merged.servername && merged.servername !== '') {
    merged.servername = serverName(merged.host, req);
  }
  return merged;
}

// Of a request that names none.
function serverName(host, req) {
  const header = req.getHeader('host');
  let name = host;
  if (header) {
    // abc, abc:123, [::1], [::1]:123
    name = header.startsWith('[')
      ? (/^\[(.*?)\]/.exec(header)?.[1] ?? header)
      : header.split(':', 1)[0];
  }
  return net.isIP(name) ? '' : name;
}

function checkHostHeader(req, options) {
  if (options.servername || options.servername === '') return;
  const header = req.getHeader('host');
  if (header && typeof header !== 'string') throw invalidHostHeader(header);
}

module.exports = {
  Agent,
  goesByProxy,
  kFullName,
  kNameOf,
  nodeGetName,
  pick,
  plainName,
  serverName,
  warns,
};
