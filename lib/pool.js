'use strict';

// The native pool, with the sockets, requests and names that its integers stand for.

const { calls, native, Pool: NativePool } = require('./bridge/addon');
const { throwLater } = require('./run-all');

// Answers of the native pool: id << 3 | OUTPUTS | verdict.
const VERDICT = 0b11;
const OUTPUTS = 0b100;
const ID_SHIFT = 3;

const Checkout = { REUSE: 0, OPEN: 1, WAIT: 2, REFUSE: 3 };
const Checkin = { SERVE: 0, PARK: 1, CLOSE: 2 };
const Output = { OPEN: 0, DROP: 1, GONE: 2 };

const UNLIMITED = 0xffffffff;

// In milliseconds or requests.
const NO_BOUND = -1;
const NOT_PARKED = -2;

// Carries a slot whose connection is not ours.
const FOREIGN = -1;

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
  #queueTimeout;

  // `handler` is told what to do: open(waiter, slot), drop(socket) and late(waiter). The `bounds`
  // are those of ./agent-options.js.
  constructor(limits, bounds, handler) {
    this.#handler = handler;
    this.#native = new NativePool(native, ...nativeLimits(limits));
    this.#key = this.#native.key;
    this.#queueTimeout = bounds.queueTimeout;
    const { freeSocketTimeout, socketTTL, maxRequestsPerSocket, queueTimeout } = bounds;
    const lifetimes = [freeSocketTimeout, socketTTL, maxRequestsPerSocket, queueTimeout];
    if (lifetimes.some((bound) => bound !== undefined)) {
      this.#native.setLifetimes(...lifetimes.map((bound) => bound ?? NO_BOUND));
    }
  }

  setLimits(limits) {
    if (this.#native.setLimits(...nativeLimits(limits))) this.#settle();
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
    const answer = calls.checkout(this.#key, this.originOf(name));
    return this.#answer(answer);
  }

  // A slot outside the limits, for a connection that was not asked for here.
  open(name) {
    return this.#native.open(this.originOf(name));
  }

  attach(slot, socket, carrier) {
    this.#sockets[slot] = socket;
    this.#native.attach(slot, carrier);
  }

  socketOf(slot) {
    return this.#sockets[slot];
  }

  // `used`: something was sent over the slot's connection.
  checkin(slot, carrier, used) {
    const answer = calls.checkin(this.#key, slot, carrier, used);
    return this.#answer(answer);
  }

  // The slot's connection serves nobody after the present request.
  retire(slot) {
    this.#native.retire(slot);
  }

  // Idle for `lifetime` milliseconds at most, or as long as the pool's bounds let it where it is
  // negative. False when there is no place for it any more.
  park(slot, carrier, used, lifetime) {
    const left = calls.park(this.#key, slot, carrier, used, lifetime);
    if (left >= 0) this.#expireIn(left);
    return left !== NOT_PARKED;
  }

  remove(slot) {
    this.#sockets[slot] = undefined;
    if (this.#native.remove(slot)) this.#settle();
    // Or the timer would keep an agent that nobody has any more.
    if (this.#expiryAt !== Infinity && this.#native.nextExpiry() < 0) this.#expireNever();
  }

  // What waits behind a waiter's id.
  enqueue(id, waiter) {
    this.#waiters[id] = waiter;
    if (this.#queueTimeout !== undefined) this.#expireIn(this.#queueTimeout);
  }

  dequeue(id) {
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

  // A request leaves the queue, and nobody hears of it.
  withdraw(name, req) {
    const id = this.#native
      .waiters(this.#ids.get(name))
      .find((waiting) => this.#waiters[waiting]?.req === req);
    this.cancel(id);
  }

  #answer(answer) {
    if (answer & OUTPUTS) this.#settle();
    return { verdict: answer & VERDICT, id: answer >> ID_SHIFT };
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

  #obey([kind, id, slot]) {
    try {
      if (kind === Output.OPEN) {
        this.#handler.open(this.dequeue(id), slot);
      } else if (kind === Output.DROP) {
        const socket = this.#sockets[id];
        this.#sockets[id] = undefined;
        if (socket) this.#handler.drop(socket);
      } else if (kind === Output.GONE) {
        this.#ids.delete(this.#names[id]);
        this.#names[id] = undefined;
      }
    } catch (error) {
      // A listener's. The others still have to be served.
      throwLater(error);
    }
  }

  // --- Views -----------------------------------------------------------------------------------

  names() {
    return this.#ids.keys();
  }

  // [active, idle, waiting], or null for a name that is not there.
  counts(name) {
    const origin = this.#ids.get(name);
    return origin === undefined ? null : this.#native.counts(origin);
  }

  active(name) {
    return this.#list(name, (origin) => this.#native.active(origin), this.#sockets);
  }

  idle(name) {
    return this.#list(name, (origin) => this.#native.idle(origin), this.#sockets);
  }

  waiting(name) {
    const waiters = this.#list(name, (origin) => this.#native.waiters(origin), this.#waiters);
    return waiters.map(({ req }) => req);
  }

  #list(name, ids, table) {
    const origin = this.#ids.get(name);
    if (origin === undefined) return [];
    return ids(origin)
      .map((id) => table[id])
      .filter((entry) => entry !== undefined);
  }

  // --- Expiry ----------------------------------------------------------------------------------

  // One timer for the pool: when it fires early it is set again for what is left.
  #expireIn(lifetime) {
    const at = performance.now() + lifetime;
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
    for (let id = this.#native.late(); id >= 0; id = this.#native.late()) {
      late.push(this.dequeue(id));
    }
    this.#native.expire();
    const left = this.#native.nextExpiry();
    if (left >= 0) this.#expireIn(left + 1);
    this.#settle();
    for (const waiter of late) this.#handler.late(waiter);
  }
}

// Node compares with these, whatever they are: `count < maxSockets` may open,
// `free >= maxFreeSockets` may not park. So what fits is rounded up, and NaN opens nothing and
// parks everything.
function nativeLimits({ maxSockets, maxTotalSockets, maxFreeSockets, maxQueue, scheduling }) {
  return [
    count(maxSockets, 0),
    count(maxTotalSockets, 0),
    count(maxFreeSockets, UNLIMITED),
    maxQueue ?? UNLIMITED,
    scheduling === 'fifo',
  ];
}

function count(limit, ofNaN) {
  const value = Math.ceil(Number(limit));
  if (Number.isNaN(value)) return ofNaN;
  return value > 0 ? Math.min(value, UNLIMITED) : 0;
}

module.exports = { Checkin, Checkout, FOREIGN, Pool, kPool };
