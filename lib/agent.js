'use strict';

// http.Agent over the native pool. What Node's agent calls on itself is called on this one in the
// same places, so that what a program overrides works as it did.

const net = require('node:net');

const { readBounds, readReplayLimit } = require('./agent-options');
const { planConnect } = require('./connect-plan');
const { ConnectTimeout } = require('./connect-timeout');
const { isOurs, isUsed, openSocket } = require('./connection');
const { invalidHostHeader, socketHangUp } = require('./errors');
const { idleLifetime, isLastResponse } = require('./keep-alive-hint');
const { hearKeyLog, initKeyLog } = require('./key-log');
const { kJudged, sameAddress } = require('./lookup');
const { connectByNode, isReplaced } = require('./node-transport');
const { NodeHttpAgent: NodeAgent } = require('./nodes-agents');
const { Checkin, Checkout, Pool, kPool } = require('./pool');
const { queueFull, queueTimedOut } = require('./queue-limits');
const { beginExchange, mayRedial } = require('./replay');
const { resends, tellsTunnelErrors } = require('./runtime');
const slots = require('./slot');
const { Socket } = require('./socket');
const { createViews } = require('./views');
const { Waiter } = require('./waiter');

const nodeGetName = NodeAgent.prototype.getName;

// Since Node learned to go through proxies, its client leaves a tunnel's errors to the agent.
const emitsTunnelErrors =
  !tellsTunnelErrors && /proxy/i.test(NodeAgent.prototype.createConnection.toString());

const KEEP_ALIVE_TIMEOUT_BUFFER_MS = 1000;

const kLimits = Symbol('limits');
const kBounds = Symbol('bounds');
const kNameOf = Symbol('nameOf');
// By request: the slot promised to it, for the createSocket() that follows.
const kReservations = Symbol('reservations');
// Waiters whose requests were destroyed in this tick: the queue shows them for its rest, as in
// Node.
const kDoomed = Symbol('doomed');
const kIdleLifetime = Symbol('idleLifetime');
const kReplayLimit = Symbol('replayLimit');

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);

  // Node's constructor checks the options and sets what the running Node has.
  NodeAgent.call(this, options);
  this.removeAllListeners('free');
  this.on('free', onFree);
  initKeyLog(this, () => socketsOf(this[kPool]));

  this.defaultPort = this.options.defaultPort || 80;
  this.protocol = this.options.protocol || 'http:';
  const buffer = this.options.agentKeepAliveTimeoutBuffer;
  this.agentKeepAliveTimeoutBuffer =
    Number.isFinite(buffer) && buffer >= 0 ? buffer : KEEP_ALIVE_TIMEOUT_BUFFER_MS;

  this[kBounds] = readBounds(this.options);
  this[kLimits] = {
    maxSockets: this.options.maxSockets || Agent.defaultMaxSockets,
    maxTotalSockets: this.maxTotalSockets,
    maxFreeSockets: this.maxFreeSockets,
    maxQueue: this[kBounds].maxQueue,
    scheduling: this.scheduling,
  };
  this[kReplayLimit] = readReplayLimit(this.options);
  this[kReservations] = new WeakMap();
  this[kDoomed] = new Set();
  this[kPool] = new Pool(this[kLimits], this[kBounds], {
    open: (waiter, slot) => openForWaiter(this, waiter, slot),
    drop: (socket) => {
      slots.vacate(socket);
      socket.destroy();
    },
    late: (waiter) => failLate(this, waiter),
  });
  Object.defineProperties(this, LIMITS);
  const views = createViews(this[kPool], {
    release: (socket) => release(this, socket),
    park: (name, socket) => takeIdle(this, name, socket),
    close: (socket) => discard(this, socket),
  });
  for (const name of Object.keys(views)) {
    Object.defineProperty(this, name, { value: views[name], enumerable: true, writable: false });
  }
}
Object.setPrototypeOf(Agent.prototype, NodeAgent.prototype);
Object.setPrototypeOf(Agent, NodeAgent);

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

// Own properties as in Node, obeyed as soon as they are set.
const LIMITS = {
  totalSocketCount: {
    get() {
      return this[kPool].total;
    },
    // Subclasses that count pending connections by themselves write it; the pool has counted them.
    set() {},
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
  if (goesByProxy(this, options)) return NodeAgent.prototype.createConnection.apply(this, args);
  const plan = isReplaced() ? null : planConnect(options);
  if (plan === null) return connectByNode(args);
  const socket = openSocket((own) => new Socket(own), options, plan);
  if (callback) socket.once('connect', callback);
  return socket;
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
        if (err) failRequest(req, err);
        else if (socket.destroyed) failDead(this, req, socket);
        else setRequestSocket(this, req, socket);
      });
    } else if (verdict === Checkout.WAIT) {
      enqueue(this, id, req, options);
    } else if (this[kDoomed].size > 0) {
      // Their places are free.
      for (const waiter of this[kDoomed]) waiter.giveUp();
      continue;
    } else {
      refuse(this, req, mergeOptions(this, req, options));
    }
    return;
  }
};

Agent.prototype.createSocket = function createSocket(req, options, callback) {
  options = mergeOptions(this, req, options);
  const timeout = req.timeout || this.options.timeout || undefined;
  if (timeout) options.timeout = timeout;
  const name = this[kNameOf](req, options) ?? this.getName(options);
  options._agentKey = name;
  options.encoding = null;
  if (this.keepAlive) {
    options.keepAlive = this.keepAlive;
    options.keepAliveInitialDelay = this.keepAliveMsecs;
  }

  let slot = takeReservation(this, req) ?? this[kPool].open(name);
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
    if (this[kReplayLimit] > 0 && isOurs(socket)) letRedial(this, socket, options);
    timeLimit?.watch(socket);
    callback(null, socket);
  };
  const { connectTimeout } = this[kBounds];
  if (connectTimeout !== undefined) {
    timeLimit = new ConnectTimeout(connectTimeout, options, onCreate);
  }
  try {
    const socket = this.createConnection(options, onCreate);
    if (socket && !waitsForTunnel(this, socket)) onCreate(null, socket);
    else if (socket) timeLimit?.expect(socket);
    timeLimit?.start();
  } catch (err) {
    timeLimit?.stop();
    if (slot !== null) this[kPool].remove(slot);
    slot = null;
    throw err;
  }
};

Agent.prototype.removeSocket = function removeSocket(socket) {
  // As in Node, a free socket stays as long as it is good.
  const stays = slots.isParked(socket) && socket.writable;
  if (!stays && slots.slotOf(socket, this) !== undefined) release(this, socket);
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
  // As a program sees them: it may have added some.
  for (const view of [this.freeSockets, this.sockets]) {
    for (const sockets of Object.values(view)) for (const socket of sockets) socket.destroy();
  }
};

function socketsOf(pool) {
  return [...pool.names()].flatMap((name) => [...pool.idle(name), ...pool.active(name)]);
}

// --- A socket comes back -----------------------------------------------------------------------

function onFree(socket, options) {
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
  if (isLastResponse(socket._httpMessage?.res)) pool.retire(slot);
  const { verdict, id } = pool.checkin(slot, slots.carrierOf(socket), isUsed(socket));
  if (verdict === Checkin.SERVE) {
    pool.dequeue(id).serve((req) => {
      slots.handOver(socket);
      beginExchange(socket, this[kReplayLimit]);
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
  if (!pool.park(slot, slots.carrierOf(socket), isUsed(socket), socket[kIdleLifetime])) {
    socket.destroy();
    return;
  }
  socket._httpMessage = null;
  slots.settleDown(socket);
  // Node takes it from `sockets` by this method; here it only matters to who overrides it.
  if (this.removeSocket !== Agent.prototype.removeSocket) this.removeSocket(socket, options);
}

function keepAlive(agent, socket) {
  socket[kIdleLifetime] = -1;
  return agent.keepSocketAlive(socket);
}

// A socket that the program frees without having got it here.
function takeIn(agent, socket, options) {
  const slot = agent[kPool].open(agent.getName(options));
  settle(agent, slot, socket, options);
  return slot;
}

// A socket that the program puts among the idle ones of a name.
function takeIdle(agent, name, socket) {
  const slot = agent[kPool].open(name);
  settle(agent, slot, socket, { __proto__: null, _agentKey: name });
  const { [kPool]: pool } = agent;
  if (pool.park(slot, slots.carrierOf(socket), isUsed(socket), -1)) slots.settleDown(socket);
  else discard(agent, socket);
}

// The socket has this slot from here on, and no other.
function settle(agent, slot, socket, options) {
  const owner = slots.ownerOf(socket);
  if (owner !== agent) hearKeyLog(agent, socket);
  const former = owner && slots.slotOf(socket, owner);
  if (former !== undefined) owner[kPool].remove(former);
  agent[kPool].attach(slot, socket, slots.carrierOf(socket));
  slots.occupy(agent, slot, socket, options);
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
  slots.vacate(socket);
  agent[kPool].remove(slot);
}

// The connection that was made for a queued request is dead: the request keeps its turn, as its new
// slot is taken before the old one is given up. Once: others wait for their turn too.
function openAgain(agent, waiter, socket, options) {
  waiter.retried = true;
  const slot = agent[kPool].open(agent.getName(options));
  discard(agent, socket);
  setImmediate(() => openForWaiter(agent, waiter, slot));
}

// --- A request goes out ------------------------------------------------------------------------

function reuse(agent, socket, req, options) {
  const highWaterMark = agent.options.highWaterMark ?? options.highWaterMark;
  if (highWaterMark != null && socket.writableHighWaterMark !== highWaterMark) {
    socket._writableState.highWaterMark = highWaterMark;
  }
  // A request is sent once: so the client takes it for one that it has sent again.
  if (resends) req._retrying = true;
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
  agent[kReservations].set(req, slot);
  const release = () => {
    const unused = takeReservation(agent, req);
    if (unused !== undefined) agent[kPool].remove(unused);
  };
  if (agent.createSocket !== Agent.prototype.createSocket) {
    // The override may give the request to another agent, and never come back to this one.
    req.once('socket', release);
    req.once('close', release);
  }
  try {
    agent.createSocket(req, mergeOptions(agent, req, options), (err, socket) => {
      release();
      callback(err, socket);
    });
  } catch (err) {
    release();
    throw err;
  }
}

function takeReservation(agent, req) {
  const slot = agent[kReservations].get(req);
  agent[kReservations].delete(req);
  return slot;
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
    const merged = mergeOptions(agent, req, options);
    waiter = new Waiter(req, merged, agent[kDoomed], () => pool.cancel(id));
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
          socket.emit('free');
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

// Deno's client sends any agent to the proxy that its environment names, and says so in the
// options.
function goesByProxy(agent, options) {
  return Boolean(agent.options?.proxyEnv || options._proxy);
}

// Node's https.Agent returns the connection to the proxy, and calls back with the one through it.
function waitsForTunnel(agent, socket) {
  if (!agent.options.proxyEnv) return false;
  return Object.getOwnPropertySymbols(socket).some(
    (symbol) => symbol.description === 'kWaitForProxyTunnel' && socket[symbol],
  );
}

// A replay connects as the agent does, overrides included: what they forbid stays forbidden. The
// socket that waits for the connection has its own timer and signal.
function letRedial(agent, socket, options) {
  if (agent.createSocket !== Agent.prototype.createSocket) return;
  mayRedial(socket, () => {
    let made;
    let isAsked = true;
    // An override may answer by the callback. One that does so later is too late.
    const take = (_, socket) => {
      if (isAsked) made ??= socket;
      else if (socket !== made) socket?.destroy();
    };
    const bare = { ...options, timeout: undefined, signal: undefined };
    // Who has judged its address need not be there any more.
    if (socket[kJudged]) Object.assign(bare, sameAddress(socket));
    made = agent.createConnection(bare, take) ?? made;
    isAsked = false;
    if (made && isOurs(made) && made.connecting) {
      limitConnect(agent, made, options);
      return made;
    }
    made?.destroy();
    return null;
  });
}

function limitConnect(agent, socket, options) {
  const { connectTimeout } = agent[kBounds];
  if (connectTimeout === undefined) return;
  const timeLimit = new ConnectTimeout(connectTimeout, options);
  timeLimit.watch(socket);
  timeLimit.start();
}

// --- Names and options -------------------------------------------------------------------------

// getName() of the merged options; without merging them when it is our own.
function nameOf(agent, req, options) {
  return agent[kNameOf](req, options) ?? agent.getName(mergeOptions(agent, req, options));
}

// What getName() answers, or undefined where it is the program's own.
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

module.exports = { Agent, goesByProxy, kNameOf, nodeGetName, pick, plainName, serverName };
