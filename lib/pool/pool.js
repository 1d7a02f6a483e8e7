'use strict';

// The native pool, with the sockets, requests and names that its integers stand for.

const { calls, native, Pool: NativePool } = require('../bridge/addon');
const { drainLater } = require('../bridge/events');
const { Answer, Carrier, Checkout, Output, Park, Part } = require('../bridge/protocol');
const { throwLater } = require('../errors/run-all');
const { clearTimeout, monotonicNow, setTimeout } = require('../node/originals');

// Carries a slot whose connection is not ours.
const { FOREIGN } = Carrier;

// More than the native pool counts.
const UNCOUNTED = 0xffffffff;

// An agent's pool.
const kPool = Symbol('pool');

class Pool {
  #native;
  #key;
  #handler;
  #ids = new Map();
  #names = [];
  #sockets = [];
  #waiters = [];
  #expiry = null;
  #expiryAt = Infinity;
  #settling = false;
  // Slots whose connection is still to be made.
  #vacant = 0;
  #queueTimeout;
  #version = 0;

  // Called with the name of an origin that has neither slots nor waiters any more.
  onGone = null;

  // `handler` is told what to do: open(waiter, slot), drop(socket), late(waiter), and
  // expire(socket) before the drop of one that has been idle for too long. The `bounds` are those
  // of ../agent/options.js.
  constructor(limits, bounds, handler) {
    this.#handler = handler;
    this.#native = new NativePool(native, nativeLimits(limits), nativeLifetimes(bounds));
    this.#key = this.#native.key;
    this.#queueTimeout = bounds.queueTimeout;
  }

  setLimits(limits) {
    this.#version++;
    if (this.#native.setLimits(nativeLimits(limits))) this.#settle();
  }

  get total() {
    return this.#native.total;
  }

  // The origin of a name. It stays while it has a slot or a waiter.
  originOf(name) {
    let origin = this.#ids.get(name);
    if (origin === undefined) {
      origin = this.#native.origin();
      this.#ids.set(name, origin);
      this.#names[origin] = name;
    }
    return origin;
  }

  // Answers { verdict, id }: the id is a slot's, a waiter's where the request must wait, and
  // nothing where it is refused.
  checkout(name) {
    this.#version++;
    const answer = calls.checkout(this.#key, this.originOf(name));
    if ((answer & Answer.VERDICT) === Checkout.OPEN) this.#vacant++;
    return this.#answer(answer);
  }

  // A slot outside the limits, for a connection that was not asked for here.
  open(name) {
    this.#version++;
    this.#vacant++;
    return this.#native.open(this.originOf(name));
  }

  attach(slot, socket, carrier) {
    this.#version++;
    if (this.#sockets[slot] === undefined) this.#vacant--;
    this.#sockets[slot] = socket;
    this.#native.attach(slot, carrier);
  }

  // The slot waits for its connection again.
  detach(slot) {
    this.#version++;
    if (this.#sockets[slot] !== undefined) this.#vacant++;
    this.#sockets[slot] = undefined;
  }

  socketOf(slot) {
    return this.#sockets[slot];
  }

  // A program picks an idle slot. False where it can't be used any more.
  take(slot) {
    this.#version++;
    const isTaken = this.#native.take(slot);
    drainLater();
    return isTaken;
  }

  // `used`: something was sent over the slot's connection.
  checkin(slot, carrier, used) {
    this.#version++;
    const answer = calls.checkin(this.#key, slot, carrier, used);
    return this.#answer(answer);
  }

  // The slot's connection serves nobody after the present request.
  retire(slot) {
    this.#native.retire(slot);
  }

  // Idle for `lifetime` milliseconds at most, or as long as the pool's bounds let it where there is
  // none. False when there is no place for it any more.
  park(slot, carrier, used, lifetime) {
    this.#version++;
    const left = calls.park(this.#key, slot, carrier, used, lifetime ?? Park.NO_END);
    if (left === Park.NOT_PARKED) return false;
    if (left !== Park.NO_END) this.#expireIn(left);
    return true;
  }

  remove(slot) {
    this.#version++;
    if (this.#sockets[slot] === undefined) this.#vacant--;
    this.#sockets[slot] = undefined;
    if (this.#native.remove(slot)) this.#settle();
    // Or the timer would keep an agent that nobody has any more.
    if (this.#expiryAt !== Infinity && this.#native.nextExpiry() === null) this.#expireNever();
  }

  // What waits behind a waiter's id.
  enqueue(id, waiter) {
    this.#version++;
    this.#waiters[id] = waiter;
    if (this.#queueTimeout !== undefined) this.#expireIn(this.#queueTimeout);
  }

  dequeue(id) {
    this.#version++;
    const waiter = this.#waiters[id];
    this.#waiters[id] = undefined;
    // There is none yet where the request was destroyed before.
    waiter?.leave();
    return waiter;
  }

  cancel(id) {
    this.dequeue(id);
    if (this.#native.cancel(id)) this.#settle();
  }

  #answer(answer) {
    // Connections have something to say, of which the pool has heard first.
    if (answer & Answer.EVENTS) drainLater();
    if (answer & Answer.OUTPUTS) this.#settle();
    return { verdict: answer & Answer.VERDICT, id: answer >> Answer.ID };
  }

  // Does what the pool's last inputs have brought about. What that brings about in turn (a
  // connection that fails at once lets the next request go) is done by the same loop, however many
  // there are.
  #settle() {
    if (this.#settling) return;
    this.#settling = true;
    try {
      for (let output = this.#native.poll(); output; output = this.#native.poll()) {
        this.#obey(output);
      }
    } finally {
      this.#settling = false;
    }
  }

  #obey({ kind, waiter, slot, origin }) {
    this.#version++;
    try {
      if (kind === Output.OPEN) {
        this.#vacant++;
        this.#handler.open(this.dequeue(waiter), slot);
      } else if (kind === Output.DROP) {
        const socket = this.#sockets[slot];
        this.#sockets[slot] = undefined;
        if (socket) this.#handler.drop(socket);
      } else if (kind === Output.GONE) {
        const name = this.#names[origin];
        this.#ids.delete(name);
        this.#names[origin] = undefined;
        this.onGone(name);
      }
    } catch (error) {
      // A listener's. The others still have to be served.
      throwLater(error);
    }
  }

  // --- Views -----------------------------------------------------------------------------------

  // Another one after each change: what was read under the same is still so.
  get version() {
    return this.#version;
  }

  has(name) {
    return this.#ids.has(name);
  }

  // The names that have something in this part, be it a connection that is still to be made.
  namesIn(part) {
    return [...this.#ids.keys()].filter((name) => this.hasIn(part, name));
  }

  hasIn(part, name) {
    return this.countIn(part, name) > 0;
  }

  countIn(part, name) {
    const origin = this.#ids.get(name);
    return origin === undefined ? 0 : this.#native.count(origin, part);
  }

  // How many entries are in the part, without a look at each: undefined where that does not tell.
  lengthIn(part, name) {
    if (part === Part.ACTIVE && this.#vacant > 0) return undefined;
    return this.countIn(part, name);
  }

  // Slots or waiters.
  ids(part, name) {
    const origin = this.#ids.get(name);
    return origin === undefined ? [] : this.#native.list(origin, part);
  }

  // The socket or the request of an id, once it has one.
  entry(part, id) {
    return part === Part.WAITING ? this.#waiters[id]?.req : this.#sockets[id];
  }

  // All sockets, idle ones first.
  sockets() {
    const names = [...this.#ids.keys()];
    const ids = names.flatMap((name) => [
      ...this.ids(Part.IDLE, name),
      ...this.ids(Part.ACTIVE, name),
    ]);
    return ids.map((id) => this.#sockets[id]).filter((socket) => socket !== undefined);
  }

  // --- Expiry ----------------------------------------------------------------------------------

  // One timer for the pool: when it fires early it is set again for what is left.
  #expireIn(lifetime) {
    const at = monotonicNow() + lifetime;
    if (at >= this.#expiryAt) return;
    clearTimeout(this.#expiry);
    this.#expiryAt = at;
    this.#expiry = setTimeout(() => this.#expire(), lifetime).unref();
  }

  #expireNever() {
    clearTimeout(this.#expiry);
    this.#expiryAt = Infinity;
  }

  #expire() {
    this.#expireNever();
    const late = [];
    for (let id = this.#native.late(); id !== null; id = this.#native.late()) {
      late.push(this.dequeue(id));
    }
    const now = this.#native.now();
    this.#tellDue(now);
    this.#version++;
    this.#native.expire(now);
    const left = this.#native.nextExpiry();
    if (left !== null) this.#expireIn(left + 1);
    this.#settle();
    for (const waiter of late) this.#handler.late(waiter);
  }

  // They are idle as yet: whoever hears of it finds them so, as with Node's timers.
  #tellDue(now) {
    for (const socket of this.#native.due(now).map((slot) => this.#sockets[slot])) {
      try {
        this.#handler.expire(socket);
      } catch (error) {
        throwLater(error);
      }
    }
  }
}

// Node compares with these, whatever they are: `count < maxSockets` may open,
// `free >= maxFreeSockets` may not park. So what fits is rounded up, and NaN opens nothing and
// parks everything.
function nativeLimits({ maxSockets, maxTotalSockets, maxFreeSockets, maxQueue, scheduling }) {
  return {
    perOrigin: count(maxSockets, 0),
    total: count(maxTotalSockets, 0),
    freePerOrigin: count(maxFreeSockets, undefined),
    waiters: maxQueue,
    fifo: scheduling === 'fifo',
  };
}

// Undefined is no limit.
function count(limit, ofNaN) {
  const value = Math.ceil(Number(limit));
  if (Number.isNaN(value)) return ofNaN;
  return value < UNCOUNTED ? Math.max(0, value) : undefined;
}

function nativeLifetimes({ freeSocketTimeout, socketTTL, maxRequestsPerSocket, queueTimeout }) {
  return {
    idle: freeSocketTimeout,
    age: socketTTL,
    requests: maxRequestsPerSocket,
    wait: queueTimeout,
  };
}

module.exports = { FOREIGN, Part, Pool, kPool };
