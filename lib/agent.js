'use strict';

// http.Agent over the native pool. What Node's agent calls on itself is called on this one in the
// same places, so that what a program overrides works as it did.

const http = require('node:http');
const net = require('node:net');

const { planConnect } = require('./connect-plan');
const { invalidHostHeader } = require('./errors');
const { idleLifetime } = require('./keep-alive-hint');
const { connectByNode, isReplaced } = require('./node-transport');
const { Checkin, Checkout, Pool } = require('./pool');
const slots = require('./slot');
const { Socket, abortLater, connectTo, renewScope } = require('./socket');
const { createViews } = require('./views');
const { Waiter } = require('./waiter');

// The class as Node made it, even when a program puts this one in its place.
const NodeAgent = http.Agent;

// The slot that a request was promised, for the createSocket() that follows.
const reservations = new WeakMap();

const KEEP_ALIVE_TIMEOUT_BUFFER_MS = 1000;

const kPool = Symbol('pool');
const kLimits = Symbol('limits');
const kIdleLifetime = Symbol('idleLifetime');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);

  // Node's constructor checks the options and sets what the running Node has.
  NodeAgent.call(this, options);
  this.removeAllListeners('free');
  this.on('free', onFree);

  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  const buffer = this.options.agentKeepAliveTimeoutBuffer;
  this.agentKeepAliveTimeoutBuffer =
    Number.isFinite(buffer) && buffer >= 0 ? buffer : KEEP_ALIVE_TIMEOUT_BUFFER_MS;

  this[kLimits] = {
    maxSockets: this.options.maxSockets || Agent.defaultMaxSockets,
    maxTotalSockets: this.maxTotalSockets,
    maxFreeSockets: this.maxFreeSockets,
    scheduling: this.scheduling,
  };
  this[kPool] = new Pool(this[kLimits], {
    open: (waiter, slot) => openForWaiter(this, waiter, slot),
    drop: (socket) => {
      slots.vacate(socket);
      socket.destroy();
    },
  });
  Object.defineProperties(this, LIMITS);
  const views = createViews(this[kPool]);
  for (const name of Object.keys(views)) {
    Object.defineProperty(this, name, { value: views[name], enumerable: true, writable: false });
  }
}
Object.setPrototypeOf(Agent.prototype, NodeAgent.prototype);
Object.setPrototypeOf(Agent, NodeAgent);

Agent.defaultMaxSockets = Number.POSITIVE_INFINITY;

// Own properties as in Node, obeyed as soon as they are set.
const LIMITS = {
  totalSocketCount: {
    get() {
      return this[kPool].total;
    },
    enumerable: true,
    configurable: true,
  },
};
for (const name of ['maxSockets', 'maxTotalSockets', 'maxFreeSockets', 'scheduling']) {
  LIMITS[name] = {
    get() {
      return this[kLimits][name];
    },
    set(value) {
      this[kLimits][name] = value;
      this[kPool].setLimits(this[kLimits]);
    },
    enumerable: true,
    configurable: true,
  };
}

Agent.prototype.createConnection = function createConnection(...args) {
  const [options, callback] = net._normalizeArgs(args);
  // Node's own agent knows the way through a proxy.
  if (this.options.proxyEnv) return NodeAgent.prototype.createConnection.apply(this, args);
  const plan = isReplaced() ? null : planConnect(options);
  if (plan === null) return connectByNode(args);
  // Before Node 24 the request listens to its socket only in the next tick: an error of a signal
  // that was aborted before must wait for it.
  const aborted = options.signal?.aborted;
  const socket = new Socket(aborted ? { ...options, signal: undefined } : options);
  if (options.timeout) socket.setTimeout(options.timeout);
  if (callback) socket.once('connect', callback);
  return aborted ? abortLater(socket, options.signal) : connectTo(socket, plan);
};

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
  const name = nameOf(this, req, options);

  for (;;) {
    const { verdict, id } = this[kPool].checkout(name);
    if (verdict === Checkout.REUSE) {
      const socket = this[kPool].socketOf(id);
      slots.wakeUp(socket);
      if (!slots.isUsable(socket)) {
        discard(this, socket);
        continue;
      }
      reuse(this, socket, req, options);
    } else if (verdict === Checkout.OPEN) {
      openFor(this, id, req, options, (err, socket) => {
        if (err) req.onSocket(socket, err);
        else setRequestSocket(this, req, socket);
      });
    } else {
      enqueue(this, id, req, mergeOptions(this, req, options));
    }
    return;
  }
};

Agent.prototype.createSocket = function createSocket(req, options, callback) {
  options = mergeOptions(this, req, options);
  const timeout = req.timeout || this.options.timeout || undefined;
  if (timeout) options.timeout = timeout;
  const name = this.getName(options);
  options._agentKey = name;
  options.encoding = null;
  if (this.keepAlive) {
    options.keepAlive = this.keepAlive;
    options.keepAliveInitialDelay = this.keepAliveMsecs;
  }

  let slot = takeReservation(req) ?? this[kPool].open(name);
  const onCreate = (err, socket) => {
    if (slot === null) return;
    const created = slot;
    slot = null;
    if (err) {
      this[kPool].remove(created);
      callback(err);
      return;
    }
    this[kPool].attach(created, socket, slots.carrierOf(socket));
    slots.occupy(this, created, socket, options);
    callback(null, socket);
  };
  try {
    const socket = this.createConnection(options, onCreate);
    if (socket) onCreate(null, socket);
  } catch (err) {
    if (slot !== null) this[kPool].remove(slot);
    slot = null;
    throw err;
  }
};

Agent.prototype.removeSocket = function removeSocket(socket) {
  const slot = slots.slotOf(socket, this);
  if (slot === undefined) return;
  slots.vacate(socket);
  this[kPool].remove(slot);
};

Agent.prototype.keepSocketAlive = function keepSocketAlive(socket) {
  // A program's stream may be any Duplex.
  socket.setKeepAlive?.(true, this.keepAliveMsecs);
  socket.unref?.();

  // The server's hint bounds this rest alone; the socket's timeout is the agent's, as before.
  const lifetime = idleLifetime(socket._httpMessage?.res, this.agentKeepAliveTimeoutBuffer);
  socket[kIdleLifetime] = lifetime;
  const timeout = this.options.timeout || 0;
  if ((socket.timeout ?? 0) !== timeout) socket.setTimeout?.(timeout);
  return lifetime !== 0;
};

Agent.prototype.reuseSocket = function reuseSocket(socket, req) {
  req.reusedSocket = true;
  socket.ref?.();
};

Agent.prototype.destroy = function destroy() {
  const pool = this[kPool];
  for (const name of [...pool.names()]) {
    for (const socket of [...pool.idle(name), ...pool.active(name)]) socket.destroy();
  }
};

// --- A socket comes back -----------------------------------------------------------------------

function onFree(socket, options) {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const promised = slots.takePromise(socket);
  if (promised) {
    setRequestSocket(this, promised, socket);
    return;
  }
  const pool = this[kPool];
  const slot = slots.slotOf(socket, this) ?? takeIn(this, socket, options);
  const { verdict, id } = pool.checkin(slot);
  if (verdict === Checkin.SERVE) {
    pool.dequeue(id).serve((req) => {
      if (socket instanceof Socket) renewScope(socket);
      setRequestSocket(this, req, socket);
    });
    return;
  }
  const req = socket._httpMessage;
  if (
    verdict === Checkin.CLOSE ||
    !req?.shouldKeepAlive ||
    !this.keepAlive ||
    !keepAlive(this, socket)
  ) {
    socket.destroy();
    return;
  }
  if (!pool.park(slot, slots.carrierOf(socket), socket[kIdleLifetime])) {
    socket.destroy();
    return;
  }
  socket._httpMessage = null;
  slots.settleDown(socket);
}

function keepAlive(agent, socket) {
  socket[kIdleLifetime] = -1;
  return agent.keepSocketAlive(socket);
}

// A socket that the program frees without having got it here.
function takeIn(agent, socket, options) {
  const pool = agent[kPool];
  const slot = pool.open(agent.getName(options));
  pool.attach(slot, socket, slots.carrierOf(socket));
  slots.occupy(agent, slot, socket, options);
  return slot;
}

function discard(agent, socket) {
  const slot = slots.slotOf(socket, agent);
  slots.vacate(socket);
  agent[kPool].remove(slot);
  socket.destroy();
}

// --- A request goes out ------------------------------------------------------------------------

function reuse(agent, socket, req, options) {
  const highWaterMark = agent.options.highWaterMark ?? options.highWaterMark;
  if (highWaterMark != null && socket.writableHighWaterMark !== highWaterMark) {
    socket._writableState.highWaterMark = highWaterMark;
  }
  agent.reuseSocket(socket, req);
  setRequestSocket(agent, req, socket);
}

function openFor(agent, slot, req, options, callback) {
  reservations.set(req, slot);
  try {
    agent.createSocket(req, mergeOptions(agent, req, options), (err, socket) => {
      // An overridden createSocket() that made the socket without ours: not a pooled one.
      releaseReservation(agent, req);
      callback(err, socket);
    });
  } catch (err) {
    releaseReservation(agent, req);
    throw err;
  }
}

function takeReservation(req) {
  const slot = reservations.get(req);
  reservations.delete(req);
  return slot;
}

function releaseReservation(agent, req) {
  const slot = takeReservation(req);
  if (slot !== undefined) agent[kPool].remove(slot);
}

function enqueue(agent, id, req, options) {
  const waiter = new Waiter(req, options, () => {
    waiter.leave();
    agent[kPool].cancel(id);
    // Emits the request's error and 'close', once it is destroyed.
    req.onSocket(null);
  });
  agent[kPool].enqueue(id, waiter);
}

function openForWaiter(agent, waiter, slot) {
  waiter.serve((req) => {
    const fail = (err) => req.onSocket(null, err);
    try {
      openFor(agent, slot, req, waiter.options, (err, socket) => {
        if (err) {
          fail(err);
        } else if (slots.slotOf(socket, agent) === undefined) {
          setRequestSocket(agent, req, socket);
        } else {
          slots.promise(socket, req);
          socket.emit('free');
        }
      });
    } catch (err) {
      fail(err);
    }
  });
}

function setRequestSocket(agent, req, socket) {
  req.onSocket(socket);
  const timeout = agent.options.timeout || 0;
  if (req.timeout === undefined || req.timeout === timeout) return;
  socket.setTimeout?.(req.timeout);
}

// --- Names and options -------------------------------------------------------------------------

// getName() of the merged options; without merging them when it is Node's own.
function nameOf(agent, req, options) {
  if (agent.getName !== NodeAgent.prototype.getName) {
    return agent.getName(mergeOptions(agent, req, options));
  }
  const own = agent.options;
  keyed.host = pick(own, options, 'host');
  keyed.port = pick(own, options, 'port');
  keyed.localAddress = pick(own, options, 'localAddress');
  keyed.family = pick(own, options, 'family');
  keyed.socketPath = pick(own, options, 'socketPath');
  return agent.getName(keyed);
}

// What getName() reads, for one call.
const keyed = {
  host: undefined,
  port: undefined,
  localAddress: undefined,
  family: undefined,
  socketPath: undefined,
};

function pick(own, options, key) {
  return key in own ? own[key] : options[key];
}

// The agent's options override the request's.
function mergeOptions(agent, req, options) {
  const merged = { __proto__: null, ...options, ...agent.options };
  if (merged.socketPath) merged.path = merged.socketPath;
  if (!merged.servername && merged.servername !== '') {
    merged.servername = serverName(merged, req);
  }
  return merged;
}

function serverName(options, req) {
  const header = req.getHeader('host');
  let name = options.host;
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

module.exports = { Agent };
